# Two commands matter: `make run` (the whole platform with demo people) and `make test`.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { command -v $$p; break; }; done)
VENV := .venv
PY := $(VENV)/bin/python
NODE_VENV := .venv-node
NODE_TESTS := tests/payment_node -c tests/payment_node/pytest.ini
KM_WORDS := locale/km/LC_MESSAGES/django.mo
APP_WORDS := kivy_app/locale/km.mo
GL_PACKAGES := libgl1 libegl1 libgles2 libgl1-mesa-dri libmtdev1
PRINT_PACKAGES := libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0
OCR_PACKAGES := tesseract-ocr tesseract-ocr-eng tesseract-ocr-khm tesseract-ocr-script-khmr

export DJANGO_SETTINGS_MODULE ?= dastern.settings.local

.PHONY: help run journey app test lint types check contract openapi messages screens bench ci clean env words gl browser print ocr node-env

help: ## Show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

env: ## Make .venv from the lock (once; again when the lock changes)
	@tools/make_env.sh "$(PYTHON)" $(VENV) requirements/test.txt
	$(PY) tools/fetch_models.py

node-env: ## Make .venv-node, the payment node's own environment, from its lock
	@tools/make_env.sh "$(PYTHON)" $(NODE_VENV) requirements/payment_node_local.txt

$(KM_WORDS): locale/km/LC_MESSAGES/django.po | env
	@$(PY) tools/translations.py --compile

$(APP_WORDS): kivy_app/locale/km.po kivy_app/locale/en.po | env
	@$(PY) kivy_app/tools/build_i18n.py

words: $(KM_WORDS) $(APP_WORDS) ## Compile the texts

gl: ## System libraries that the app's windows need
	@tools/system_packages.sh $(GL_PACKAGES)

browser: ## The browser that tests look at pages with
	@tools/system_packages.sh $(GL_PACKAGES) chromium

print: ## System libraries that PDFs are laid out with
	@tools/system_packages.sh $(PRINT_PACKAGES)

ocr: ## Tesseract with its Khmer: recognition's second opinion
	@tools/system_packages.sh $(OCR_PACKAGES)

run: env node-env words print ocr ## Run the whole platform on this machine; Ctrl-C stops all of it
	@exec $(PY) -m dastern.devstack.run

journey: env words ## Tell the story of the main case against the running platform
	@exec $(PY) manage.py demo_journey

app: env words gl ## Open the patient app against the local server
	@exec $(PY) kivy_app/main.py

test contract: export DJANGO_SETTINGS_MODULE := dastern.settings.test

test: env node-env words browser print ocr ## Run every test (starts and keeps its own services in var/)
	@$(PY) -m pytest -n 2
	$(PY) -m pytest $(NODE_TESTS) -n 2

lint: env ## Lint, formatting, import contracts, types
	@$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-cache
	$(PY) -m mypy apps dastern
	$(PY) -m mypy --config-file payment_node/mypy.ini -p payment_node
	cd kivy_app && ../$(PY) -m mypy --config-file mypy.ini -p patient.core

check: env words ## Migrations complete, OpenAPI committed, translations complete
	@tools/with_test_stack.sh $(PY) manage.py makemigrations --check --dry-run
	DJANGO_SETTINGS_MODULE=payment_node.settings.test tools/with_test_stack.sh $(PY) payment_node/manage.py makemigrations --check --dry-run
	tools/with_test_stack.sh $(PY) manage.py spectacular --format openapi-json --validate --fail-on-warn --file var/openapi.json
	diff -u openapi.json var/openapi.json || { echo "openapi.json is out of date: make openapi"; exit 1; }
	$(PY) tools/translations.py --check
	$(PY) tools/portal_strings.py
	$(PY) kivy_app/tools/build_i18n.py --check

screens: export SCREENSHOTS := docs/screens
screens: export SCREENS := portal-worklist portal-patients portal-chart portal-write portal-prescription portal-vitals
screens: env words browser gl ## Make the golden pictures of the app anew, and those of app and portal in docs/
	@PYTHONPATH=kivy_app $(PY) -m tests.kivy_app.ui.album
	DJANGO_SETTINGS_MODULE=dastern.settings.test $(PY) -m pytest -n 2 tests/browser/test_pages.py

openapi: env words ## Write openapi.json
	@tools/with_test_stack.sh $(PY) manage.py spectacular --format openapi-json --validate --file openapi.json

messages: env ## Compile the Khmer and English catalogues
	@$(PY) tools/translations.py

contract: env words print ocr ## Fuzz the API against openapi.json (bounded)
	@$(PY) -m pytest tests/contract -n 2 --run-contract

bench: env words print ocr ## Measure; writes bench/results.md
	@$(PY) -m bench
	$(PY) -m bench.app

ci: lint check test contract ## Everything that must hold on main

clean: ## Stop the services of this checkout and remove what they made
	@if [ -x $(PY) ]; then for s in devstack teststack; do $(PY) -m dastern.devstack down --state-dir var/$$s || true; done; fi
	rm -rf var
