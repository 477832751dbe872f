// What is said of a field as it was sent goes away as soon as the field changes: the next answer of the
// site tells whether it is right now. Fields that answer one question together are taken together.
(function () {
  "use strict";

  function forget(area) {
    const summary = document.querySelector("#errors");
    const links = summary ? Array.from(summary.querySelectorAll("a[href^='#field-']")) : [];
    links.forEach(function (link) {
      if (area.contains(document.getElementById(link.hash.slice(1)))) {
        link.closest("li").remove();
      }
    });
    if (summary && !summary.querySelector("li")) {
      summary.remove();
    }
    [area, ...area.querySelectorAll(".error")].forEach(function (group) {
      group.classList.remove("error");
    });
    area.querySelectorAll(".error-block:not([role=status])").forEach(function (message) {
      area.parentElement.querySelectorAll("[aria-describedby~='" + message.id + "']").forEach(function (field) {
        const others = field.getAttribute("aria-describedby").split(/\s+/).filter((id) => id !== message.id);
        field.setAttribute("aria-describedby", others.join(" "));
      });
      message.remove();
    });
  }

  function changed(event) {
    const group = event.target.name && event.target.closest(".form-group");
    const area = group && (group.closest(".ga-either") || group);
    if (area && (area.matches(".error") || area.querySelector(".error"))) {
      forget(area);
    }
  }

  // CKAN's box of keywords removes one by a link without words, which only a mouse reaches: the keyboard has
  // its own way there.
  function hushed(form) {
    form.querySelectorAll("a.select2-search-choice-close:not([aria-hidden])").forEach(function (link) {
      link.setAttribute("aria-hidden", "true");
    });
  }

  document.querySelectorAll("form").forEach(function (form) {
    hushed(form);
    new MutationObserver(() => hushed(form)).observe(form, { childList: true, subtree: true });
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
  });
})();
