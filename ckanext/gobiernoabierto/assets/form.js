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

  document.querySelectorAll("form").forEach(function (form) {
    form.addEventListener("input", changed);
    form.addEventListener("change", changed);
  });
})();
