"use strict";
(() => {
  const PERIOD = 10_000;
  const button = document.getElementById("refresh");
  const said = document.getElementById("refreshed");
  let running = true;
  let lost = false;

  // What somebody is reading with a keyboard or has marked is left alone until he is done.
  const isInUse = (part) => {
    const marked = getSelection();
    return (
      (part.contains(document.activeElement) && document.activeElement !== document.body) ||
      (!marked.isCollapsed && marked.containsNode(part, true))
    );
  };

  const replace = (page) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const next = page.getElementById(part.id);
      if (!next || isInUse(part) || next.innerHTML === part.innerHTML) continue;
      const scrolled = [...part.querySelectorAll(".scroll")].map((box) => [box.scrollLeft, box.scrollTop]);
      part.replaceChildren(...document.importNode(next, true).childNodes);
      part.querySelectorAll(".scroll").forEach((box, place) => {
        [box.scrollLeft, box.scrollTop] = scrolled[place] ?? [0, 0];
      });
    }
  };

  const refresh = async () => {
    if (!running || document.hidden) return;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      replace(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (lost) said.textContent = "";
      lost = false;
    } catch (error) {
      // said once, not every ten seconds
      if (!lost) said.textContent = `The server has not answered since ${new Date().toLocaleTimeString()}.`;
      lost = true;
    }
  };

  button.hidden = false;
  button.addEventListener("click", () => {
    running = !running;
    button.textContent = running ? "Pause updates" : "Resume updates";
    refresh();
  });
  document.addEventListener("visibilitychange", refresh);
  setInterval(refresh, PERIOD);
})();
