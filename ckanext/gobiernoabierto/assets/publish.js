// A chosen file travels while the rest of the form is filled in, and shows how far it is. Without this
// script it goes along with the form; with it, the form only carries the token of what has arrived.
(function () {
  "use strict";

  const SLOW = 20; // percent: a reader is told that often, not at every step

  function start(field) {
    const form = field.closest("form");
    const input = field.querySelector("input[type=file]");
    const token = field.querySelector("input[name=upload_token]");
    const drop = field.querySelector("input[name=upload_drop]");
    const status = field.querySelector("[data-ga-status]");
    const bar = field.querySelector("progress");
    const text = status.dataset;
    let sending = null;
    let percent = -1; // of the file has arrived, as it was told last
    let waiting = null;

    // Who has pressed a button looks there, and not at the file far above; a reader is told once.
    const below = document.createElement("p");
    below.className = "ga-status";
    below.setAttribute("aria-hidden", "true");
    const buttons = form.querySelector(".form-actions");
    if (buttons) {
      buttons.after(below);
    }

    function say(message, failed) {
      const told = waiting && !failed ? text.wait + ". " + message : message;
      status.textContent = told;
      status.classList.toggle("error-block", Boolean(failed));
      below.textContent = waiting ? told : "";
    }

    function finish() {
      sending = null;
      bar.hidden = true;
      const button = waiting;
      waiting = null;
      return button;
    }

    function fail(message) {
      const button = finish();
      say(message, true);
      if (button) {
        input.focus();
        field.scrollIntoView({ block: "center" });
      }
    }

    function received(answer, file) {
      token.value = answer.token;
      if (drop) {
        drop.checked = false; // it was said of the file before
      }
      input.value = ""; // it is there already: the form need not carry it
      say(text.received.replace("{name}", file.name));
      const button = finish();
      if (button) {
        form.requestSubmit(button);
      }
    }

    function send(file) {
      if (sending) {
        sending.abort();
      }
      const data = new FormData();
      form.querySelectorAll("input[type=hidden]").forEach(function (hidden) {
        if (hidden.name === text.csrf || hidden === token) {
          data.append(hidden.name, hidden.value);
        }
      });
      data.append("upload", file);
      percent = -1;
      sending = new XMLHttpRequest();
      sending.responseType = "json";
      sending.upload.addEventListener("progress", function (event) {
        bar.value = event.total ? event.loaded / event.total : 0;
        const step = Math.floor((bar.value * 100) / SLOW) * SLOW;
        if (step !== percent) {
          percent = step;
          say(text.sending.replace("{percent}", step));
        }
      });
      sending.addEventListener("load", function () {
        const answer = this.response || {};
        if (this.status === 200) {
          received(answer, file);
        } else {
          // a file that is wrong is of no use; one that was refused without a look goes along with the form
          input.value = this.status === 422 ? "" : input.value;
          fail(answer.error || text.failed);
        }
      });
      sending.addEventListener("error", function () {
        fail(text.failed);
      });
      sending.open("POST", text.url);
      sending.send(data);
      bar.value = 0;
      bar.hidden = false;
    }

    function suggestTitle(name) {
      const title = form.querySelector("#field-title");
      if (title && !title.value.trim()) {
        const words = name.replace(/\.[^.]*$/, "").replace(/[_-]+/g, " ").trim();
        title.value = words.charAt(0).toUpperCase() + words.slice(1);
      }
    }

    input.addEventListener("change", function () {
      const file = input.files[0];
      if (!file) {
        return;
      }
      if (file.size > Number(input.dataset.limit)) {
        input.value = "";
        fail(text.large);
        return;
      }
      if (!file.size) {
        fail(text.empty); // it stays chosen, so that the form is told the same
        return;
      }
      suggestTitle(file.name);
      send(file);
    });

    form.addEventListener("submit", function (event) {
      if (sending) {
        event.preventDefault();
        waiting = event.submitter;
        say(text.sending.replace("{percent}", Math.max(0, percent)));
      }
    });
  }

  document.querySelectorAll(".ga-file").forEach(start);
})();
