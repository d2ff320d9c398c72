/* The prescription form: adds medicines in place and shows only the fields that fit. Without it the page works too. */
"use strict";
(() => {
  const list = document.getElementById("medicines");
  const empty = document.getElementById("medicine-empty");
  const total = document.getElementById("id_medicines-TOTAL_FORMS");
  const add = document.getElementById("add-medicine");
  const urgent = document.getElementById("id_is_urgent");

  const fit = (medicine) => {
    const chosen = medicine.querySelector("select[name$='-frequency_type']").value;
    for (const part of medicine.querySelectorAll("[data-show]")) {
      const kinds = part.dataset.show.split(" ");
      part.hidden = chosen ? !kinds.includes(chosen) : !kinds.includes("DAILY");
    }
    const ongoing = medicine.querySelector("input[name$='-ongoing']");
    medicine.querySelector("input[name$='-duration']").disabled = ongoing.checked;
    medicine.classList.toggle("removed", medicine.querySelector("input[name$='-DELETE']").checked);
  };
  const fitUrgent = () => {
    document.querySelector("[data-urgent]").hidden = !urgent.checked;
  };

  add.addEventListener("click", (event) => {
    event.preventDefault();
    const number = Number(total.value);
    const holder = document.createElement("div");
    holder.append(empty.content.cloneNode(true));
    for (const node of holder.querySelectorAll("[name],[id],[for]")) {
      for (const name of ["name", "id", "for"]) {
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace("__prefix__", number));
      }
    }
    const medicine = holder.querySelector("[data-medicine]");
    list.append(medicine);
    total.value = String(number + 1);
    fit(medicine);
    medicine.querySelector("input[name$='-medicine_name']").focus();
  });
  list.addEventListener("change", (event) => {
    const medicine = event.target.closest("[data-medicine]");
    if (medicine) fit(medicine);
  });
  urgent.addEventListener("change", fitUrgent);
  list.querySelectorAll("[data-medicine]").forEach(fit);
  fitUrgent();
})();
