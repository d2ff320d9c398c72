"use strict";
const at = (id) => document.getElementById(id);
const say = (text, good) => { at("said").textContent = text; at("said").className = good ? "good" : "bad"; };

async function act(path, body) {
  const raw = body instanceof Blob ? body : JSON.stringify(body);
  const answer = await fetch("/_sim/" + path, { method: "POST", body: raw });
  const data = await answer.json();
  if (!answer.ok) throw new Error(data.error);
  return data;
}

async function attempt(work) {
  try { await work(); } catch (error) { say(error.message, false); }
  await refresh();
}

function cell(text) { const made = document.createElement("td"); made.textContent = text; return made; }

async function refresh() {
  const state = await (await fetch("/_sim/state")).json();
  if (!at("payer").options.length) state.accounts.forEach((name) => at("payer").add(new Option(name, name)));
  const wanted = at("shown").value;
  at("shown").replaceChildren(new Option("…", ""));
  state.shown.forEach(([number, qr]) => at("shown").add(new Option(number + ": " + qr.slice(0, 60) + "…", qr)));
  at("shown").value = wanted;
  at("used").textContent = "calls today: " + state.used + " / " + (state.dailyLimit || "∞");
  at("rows").replaceChildren(...state.transactions.map((one) => {
    const row = document.createElement("tr");
    row.append(cell(new Date(one.created_ms).toLocaleTimeString()), cell(one.from_account), cell(one.to_account),
      cell(one.amount + " " + one.currency), cell(one.failed ? "failed" : one.tracking || "paid"));
    return row;
  }));
  const opened = location.pathname.match(/^\/_sim\/open\/(.+)$/);
  if (opened && !at("qr").value) {
    const found = state.shown.find(([number]) => number === opened[1]);
    if (found) at("qr").value = found[1];
  }
}

const qr = () => at("qr").value;

at("picture").addEventListener("change", () => attempt(async () => {
  at("qr").value = (await act("picture", at("picture").files[0])).qr;
  say("read", true);
}));
at("shown").addEventListener("change", () => { at("qr").value = at("shown").value; });
at("scan").addEventListener("click", () => attempt(async () => {
  at("seen").replaceChildren();
  const seen = await act("scan", { qr: qr() });
  for (const name of ["merchant_name", "bakong_account_id", "amount", "currency", "bill_number"]) {
    const term = document.createElement("dt"); term.textContent = name;
    const value = document.createElement("dd"); value.textContent = seen[name];
    at("seen").append(term, value);
  }
  say("ready to pay", true);
}));
at("pay").addEventListener("click", () => attempt(async () => {
  await act("pay", { qr: qr(), from: at("payer").value });
  say("paid", true);
}));
at("fail").addEventListener("click", () => attempt(async () => {
  await act("fail", { qr: qr() });
  say("it failed at the bank", true);
}));
document.querySelectorAll("[data-wrong]").forEach((button) => button.addEventListener("click", () => attempt(async () => {
  const wrong = button.dataset.wrong;
  const body = { qr: qr(), from: at("payer").value, force: true };
  if (wrong === "amount") body.amount = "0.10";
  if (wrong === "currency") body.currency = qr().includes("5303840") ? "KHR" : "USD";
  if (wrong === "receiver") body.to = "vanna@abaa";
  await act("pay", body);
  say("paid: " + button.textContent, true);
})));
refresh();
setInterval(refresh, 3000);
