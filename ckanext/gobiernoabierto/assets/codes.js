// Typing a few letters finds a choice in a long list of check boxes, with or without accents.
(function () {
  "use strict";

  function fold(text) {
    return text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
  }

  function groupOf(label) {
    const group = label.closest("details");
    return group ? group.querySelector("summary").textContent : "";
  }

  function startSearch(field) {
    const box = field.querySelector(".ga-codes-search");
    const input = box.querySelector("input");
    const status = box.querySelector("[role=status]");
    const list = field.querySelector(".ga-codes-list");
    const groups = Array.from(field.querySelectorAll("details"));
    const open = new Map(groups.map((group) => [group, group.open]));
    const choices = Array.from(field.querySelectorAll(".ga-codes-list label"), (label) => ({
      label: label,
      box: label.querySelector("input"),
      text: fold(label.textContent + " " + groupOf(label)),
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
        choice.label.hidden = !found && !choice.box.checked; // what is chosen stays in sight
        count += found;
      });
      groups.forEach(function (group) {
        const found = group.querySelector("label:not([hidden])");
        const chosen = group.querySelector("input:checked");
        group.hidden = !found;
        group.open = Boolean(words.length ? found : chosen || open.get(group));
      });
      list.hidden = choices.every((choice) => choice.label.hidden);
      status.classList.toggle("visually-hidden", count > 0 || !words.length);
      const said = count ? status.dataset.some : status.dataset.none;
      status.textContent = words.length ? said.replace("{n}", count).replace("{text}", input.value.trim()) : "";
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
