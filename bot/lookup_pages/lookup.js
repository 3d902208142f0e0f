// What the look-up pages gain where scripts run: printing, copying, and counting the segments of a message.
"use strict";

const GSM = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./:;<=>?¡ÄÖÑÜ§¿äöñüà0123456789" +
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
const GSM_TWICE = new Set("^{}\\[~]|€");

// As in segments.py: {units, segments}.
function countSegments(text) {
  const letters = [...text];
  const gsm = letters.every((letter) => GSM.has(letter) || GSM_TWICE.has(letter));
  const sizes = letters.map((letter) => (gsm ? (GSM_TWICE.has(letter) ? 2 : 1) : letter.length));
  const [alone, each] = gsm ? [160, 153] : [70, 67];
  const units = sizes.reduce((sum, size) => sum + size, 0);
  if (units <= alone) return { units, segments: units ? 1 : 0 };
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > each) { segments += 1; used = 0; }
    used += size;
  }
  return { units, segments };
}

// Puts the text of a field on the clipboard; where the browser does not let us, it is left selected for the person.
async function copyFrom(field) {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return false;
  }
}

function tell(status, copied) {
  status.textContent = copied ? "Đã chép." : "Trình duyệt không cho chép. Chữ đã được chọn sẵn, anh/chị bấm Chép.";
}

function status(after) {
  const line = document.createElement("p");
  line.setAttribute("role", "status");
  line.className = "hint";
  after.after(line);
  return line;
}

for (const details of document.querySelectorAll("[data-copy]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  button.textContent = details.querySelector("summary").textContent;
  details.before(button);
  details.hidden = true;
  const line = status(details);
  const field = details.querySelector("textarea");
  button.addEventListener("click", async () => {
    line.textContent = "";
    let copied = await copyFrom(field);
    if (!copied) {
      details.hidden = false;
      details.open = true;
      copied = await copyFrom(field);
    }
    tell(line, copied);
  });
}

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}

for (const section of document.querySelectorAll("[data-sms]")) {
  const field = section.querySelector("textarea");
  const shown = section.querySelector(".count");
  const button = section.querySelector("[data-copy-sms]");
  const line = status(button);
  button.hidden = false;
  button.addEventListener("click", async () => tell(line, await copyFrom(field)));
  const most = Number(section.dataset.most);
  field.addEventListener("input", () => {
    const { units, segments } = countSegments(field.value);
    const over = segments > most;
    shown.classList.toggle("over", over);
    shown.textContent = `${segments} tin nhắn, ${units} ký tự` + (over ? ` (nên rút còn ${most} tin)` : "");
  });
}
