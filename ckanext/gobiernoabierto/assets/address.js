// While an organization has no address, it is written from its name, until somebody writes one.
(function () {
  "use strict";

  const title = document.getElementById("field-title");
  const address = document.getElementById("field-name");
  let own = address.value !== "";

  function slug(text) {
    const plain = text.normalize("NFD").replace(/\p{Diacritic}/gu, "").toLowerCase();
    return plain.replace(/[^a-z0-9]+/g, "-").slice(0, address.maxLength).replace(/^-|-$/g, "");
  }

  address.addEventListener("input", function () {
    own = address.value !== "";
  });
  title.addEventListener("input", function () {
    if (!own) {
      address.value = slug(title.value);
    }
  });
})();
