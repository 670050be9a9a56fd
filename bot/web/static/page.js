// What the pages do better with a script; all of it is an extra, and the pages work without.

"use strict";

// A question takes its time: say so, and do not ask it twice.
for (const form of document.querySelectorAll("form[action='/']")) {
  const button = form.querySelector("button");
  const ready = button.textContent;
  form.addEventListener("submit", (event) => {
    if (form.ariaBusy === "true") return event.preventDefault();
    form.ariaBusy = "true";
    button.textContent = "Reading…";
  });
  // The browser may show the page again as it was left.
  addEventListener("pageshow", () => {
    form.ariaBusy = "false";
    button.textContent = ready;
  });
}

// A quote with where it stands, for a text of one's own. Browsers offer a clipboard over HTTPS and on this machine only.
for (const figure of navigator.clipboard ? document.querySelectorAll("figure.quote") : []) {
  const link = figure.querySelector(".permanent a");
  if (!link) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "Copy the quote";
  button.addEventListener("click", async () => {
    const words = figure.querySelector("blockquote").textContent.trim();
    const whence = figure.querySelector("figcaption p").textContent.replace(/\s+/g, " ").trim();
    try {
      await navigator.clipboard.writeText(`“${words}”\n${whence}\n${link.href}`);
      button.textContent = "Copied";
    } catch {
      button.textContent = "It could not be copied";
    }
  });
  link.parentElement.append(" ", button);
}
