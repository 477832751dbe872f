// Typing a few letters finds a choice in a long list of check boxes, with or without accents.
(function () {
  "use strict";

  function fold(text) {
    return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
  }

  function startSearch(field) {
    const box = field.querySelector(".ga-codes-search");
    const input = box.querySelector("input");
    const status = box.querySelector("[role=status]");
    const groups = Array.from(field.querySelectorAll("details"));
    const open = new Map(groups.map((group) => [group, group.open]));
    const choices = Array.from(field.querySelectorAll(".ga-codes-list label"), (label) => ({
      label: label,
      text: fold(label.textContent),
    }));
    if (choices.length < 8) {
      return;
    }
    box.hidden = false;
    input.addEventListener("input", function () {
      const words = fold(input.value).split(/\s+/).filter(Boolean);
      let count = 0;
      choices.forEach(function (choice) {
        const found = words.every((word) => choice.text.includes(word));
        choice.label.hidden = !found;
        count += found;
      });
      groups.forEach(function (group) {
        const found = group.querySelector("label:not([hidden])");
        group.hidden = !found;
        group.open = words.length ? Boolean(found) : open.get(group);
      });
      status.textContent = words.length ? status.dataset.one.replace("{n}", count) : "";
    });
    // Enter would send the whole form.
    input.addEventListener("keydown", function (event) {
      if (event.key === "Enter") {
        event.preventDefault();
      }
    });
  }

  document.querySelectorAll("[data-ga-codes]").forEach(startSearch);
})();
