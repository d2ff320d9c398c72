/* A prescription was saved: the browser forgets what it kept of forms. */
"use strict";
for (const key of Object.keys(sessionStorage)) {
  if (key.startsWith("prescription:")) sessionStorage.removeItem(key);
}
