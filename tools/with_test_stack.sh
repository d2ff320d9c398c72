#!/usr/bin/env bash
# with_test_stack.sh COMMAND…: run it with the test services up and named in the environment.
set -euo pipefail
py=${1}
"$py" -m dastern.devstack up --profile test --state-dir var/teststack >/dev/null
eval "$("$py" -m dastern.devstack env --state-dir var/teststack)"
[[ ${DJANGO_SETTINGS_MODULE:-} == payment_node.* ]] || export DJANGO_SETTINGS_MODULE=dastern.settings.test
exec "$@"
