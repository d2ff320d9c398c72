/* The prescription form: adds medicines in place, goes on with Enter, counts, and keeps what was typed in this tab until
   it is saved, so that an ended session loses nothing. Without this file the page works too. */
"use strict";
(() => {
  const form = document.getElementById("prescription");
  const list = document.getElementById("medicines");
  const empty = document.getElementById("medicine-empty");
  const total = document.getElementById("id_medicines-TOTAL_FORMS");
  const add = document.getElementById("add-medicine");
  const urgent = document.getElementById("id_is_urgent");
  const catalogue = document.getElementById("catalogue");

  const field = (medicine, name) => medicine.querySelector(`[name$='-${name}']`);
  const fit = (medicine) => {
    const chosen = field(medicine, "frequency_type").value;
    for (const part of medicine.querySelectorAll("[data-show]")) {
      const kinds = part.dataset.show.split(" ");
      part.hidden = chosen ? !kinds.includes(chosen) : !kinds.includes("DAILY");
    }
    field(medicine, "duration").disabled = field(medicine, "ongoing").checked;
    medicine.classList.toggle("removed", field(medicine, "DELETE").checked);
    count(medicine);
  };

  /* --- the live total ------------------------------------------------------------------------------------------ */
  const SIGNS = { "¼": 0.25, "½": 0.5, "¾": 0.75, "1/4": 0.25, "1/2": 0.5, "3/4": 0.75 };
  const number = (text) => {
    const typed = text.trim().replace(/[០-៩]/g, (digit) => digit.charCodeAt(0) - 0x17e0).replace(/^(\d+),(\d{1,2})$/, "$1.$2");
    const parts = typed.match(/^(?:(\d+)\s*)?([¼½¾])$|^(?:(\d+)\s+)?(1\/2|1\/4|3\/4)$/);
    if (parts) return Number(parts[1] || parts[3] || 0) + SIGNS[parts[2] || parts[4]];
    return /^\d*\.?\d+$/.test(typed) ? Number(typed) : 0;
  };
  const round = (value) => String(Math.round(value * 1000) / 1000);
  const count = (medicine) => {
    const told = medicine.querySelector(".total");
    const day = ["morning", "noon", "evening", "bedtime"].reduce((sum, slot) => sum + number(field(medicine, slot).value), 0);
    const kind = field(medicine, "frequency_type").value;
    const every = kind === "EVERY_N_DAYS" ? number(field(medicine, "interval_days").value) || 1 : 1;
    const week = kind === "WEEKDAYS" ? medicine.querySelectorAll("[name$='-weekdays']:checked").length / 7 : 1;
    const days = number(field(medicine, "duration").value);
    const given = number(field(medicine, "quantity").value);
    const unit = field(medicine, "unit");
    const word = unit.value ? ` ${unit.selectedOptions[0].text}` : "";
    const parts = [];
    if (day && kind !== "PRN") {
      parts.push(told.dataset.day.replace("{n}", round(day) + word));
      const intakes = kind === "WEEKDAYS" ? Math.round(days * week) : Math.ceil(days / every);
      if (days && !field(medicine, "ongoing").checked) parts.push(told.dataset.course.replace("{n}", round(day * intakes) + word));
      if (given && week) parts.push(told.dataset.lasts.replace("{n}", String(Math.floor(Math.floor(given / day) * every / week))));
    }
    told.textContent = parts.join(" · ");
  };

  /* --- medicines ------------------------------------------------------------------------------------------------ */
  const append = () => {
    const position = Number(total.value);
    const holder = document.createElement("div");
    holder.append(empty.content.cloneNode(true));
    for (const node of holder.querySelectorAll("[name],[id],[for]")) {
      for (const name of ["name", "id", "for"]) {
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace("__prefix__", position));
      }
    }
    const medicine = holder.querySelector("[data-medicine]");
    list.append(medicine);
    total.value = String(position + 1);
    fit(medicine);
    return medicine;
  };
  add.addEventListener("click", (event) => {
    event.preventDefault();
    field(append(), "medicine_name").focus();
  });

  let found = [];
  let asked = 0;
  const suggest = async (input) => {
    const mine = ++asked;
    if (input.value.trim().length < 2) return;
    const answer = await fetch(`${catalogue.dataset.source}?q=${encodeURIComponent(input.value)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected || mine !== asked) return;
    found = (await answer.json()).medicines;
    catalogue.replaceChildren(...found.map((row) => {
      const option = document.createElement("option");
      option.value = row.name;
      option.label = [row.khmer, row.strengths.join(", ")].filter(Boolean).join(" · ");
      return option;
    }));
    choose(input);
  };
  const choose = (input) => {
    const row = found.find((known) => known.name.toLowerCase() === input.value.trim().toLowerCase());
    const medicine = input.closest("[data-medicine]");
    if (!row || !medicine) return;
    if (row.khmer && !field(medicine, "medicine_name_khmer").value) field(medicine, "medicine_name_khmer").value = row.khmer;
    if (row.strengths.length === 1 && !field(medicine, "strength").value) field(medicine, "strength").value = row.strengths[0];
  };

  list.addEventListener("input", (event) => {
    const medicine = event.target.closest("[data-medicine]");
    if (!medicine) return;
    if (event.target.matches("[name$='-medicine_name']")) suggest(event.target).catch(() => {});
    count(medicine);
  });
  list.addEventListener("change", (event) => {
    const medicine = event.target.closest("[data-medicine]");
    if (medicine) fit(medicine);
  });
  let amount = null;
  list.addEventListener("focusin", (event) => {
    if (event.target.matches("[data-amount]")) amount = event.target;
  });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-fraction]");
    if (!button) return;
    const medicine = button.closest("[data-medicine]");
    if (!amount || amount.closest("[data-medicine]") !== medicine) amount = field(medicine, "morning");
    amount.value = button.dataset.fraction;
    amount.focus();
    amount.dispatchEvent(new Event("input", { bubbles: true }));
  });

  /* --- Enter goes on -------------------------------------------------------------------------------------------- */
  const stops = () => [...form.querySelectorAll("input:not([type=hidden]):not([type=checkbox]), select")].filter(
    (node) => !node.disabled && node.offsetParent !== null && node.tabIndex >= 0
  );
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || event.target.matches("textarea, button, a, summary")) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {
      form.requestSubmit(document.getElementById("save"));
      return;
    }
    const medicine = event.target.closest("[data-medicine]");
    const all = stops();
    const next = all[all.indexOf(event.target) + 1];
    if (medicine && (!next || next.closest("[data-medicine]") !== medicine) && medicine === list.lastElementChild) {
      field(append(), "medicine_name").focus();
    } else if (next) {
      next.focus();
    }
  });

  /* --- what was typed outlives the session ----------------------------------------------------------------------- */
  const key = `prescription:${form.dataset.keep}`;
  const KEPT_FOR = 12 * 3600 * 1000;
  const values = () => [...new FormData(form)].filter(([name]) => name !== "csrfmiddlewaretoken");
  const keep = () => {
    try {
      sessionStorage.setItem(key, JSON.stringify({ at: Date.now(), values: values() }));
    } catch (_full) { /* a browser without storage loses only this comfort */ }
  };
  const restore = (kept) => {
    const wanted = Number((kept.find(([name]) => name === "medicines-TOTAL_FORMS") || [])[1] || 0);
    while (Number(total.value) < wanted) append();
    for (const box of form.querySelectorAll("input[type=checkbox], input[type=radio]")) box.checked = false;
    for (const [name, value] of kept) {
      if (name.endsWith("_FORMS")) continue;
      for (const node of form.querySelectorAll(`[name='${CSS.escape(name)}']`)) {
        if (node.type === "checkbox" || node.type === "radio") node.checked = node.checked || node.value === value;
        else node.value = value;
      }
    }
  };
  const begin = () => {
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(key) || "null");
    } catch (_broken) { /* nothing usable was kept */ }
    if (!kept || form.hasAttribute("data-bound") || Date.now() - kept.at > KEPT_FOR) return;
    if (JSON.stringify(kept.values) === JSON.stringify(values())) return;
    restore(kept.values);
    const told = document.getElementById("restored");
    told.hidden = false;
    document.getElementById("discard").addEventListener("click", () => {
      sessionStorage.removeItem(key);
      window.location.reload();
    });
  };
  const stored = document.getElementById("take-stored");
  if (stored) stored.addEventListener("click", () => sessionStorage.removeItem(key));
  form.addEventListener("input", keep);
  form.addEventListener("change", keep);
  form.addEventListener("submit", keep);

  const fitUrgent = () => {
    document.querySelector("[data-urgent]").hidden = !urgent.checked;
  };
  urgent.addEventListener("change", fitUrgent);
  begin();
  list.querySelectorAll("[data-medicine]").forEach(fit);
  fitUrgent();
})();
