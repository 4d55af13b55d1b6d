// What a page can do besides being read: remember a theme, and say times in the
// viewer's zone. It runs in the head, before anything is drawn, so nothing flashes.
(() => {
  "use strict";
  const root = document.documentElement;
  const stored = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
  const store = (theme) => { try { localStorage.setItem("theme", theme); } catch { /* not kept */ } };
  const show = (theme) => { if (theme === "dark" || theme === "light") root.dataset.theme = theme; };
  show(stored());

  const switchTheme = (button) => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
    const label = () => {
      button.textContent = isDark() ? "Light" : "Dark";
      button.setAttribute("aria-label", button.textContent + " theme");
    };
    button.addEventListener("click", () => {
      show(isDark() ? "light" : "dark");
      store(root.dataset.theme);
      label();
    });
    system.addEventListener("change", label);
    label();
    button.classList.add("ready");
  };

  const two = (number) => String(number).padStart(2, "0");
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const unbroken = (text) => text.replaceAll(" ", "\u00a0");
  // The offset, where clocks were put back and that local time came twice.
  const twice = (at) => {
    const own = at.getTimezoneOffset();
    const isOther = (hours) => {
      const other = new Date(at.getTime() + hours * 3600000).getTimezoneOffset();
      const again = new Date(at.getTime() + (other - own) * 60000);
      return other !== own && again.getTimezoneOffset() === other;
    };
    if (!isOther(-3) && !isOther(3)) return "";
    const minutes = Math.abs(own);
    const sign = own > 0 ? "-" : "+";
    return " " + sign + two(Math.floor(minutes / 60)) + ":" + two(minutes % 60);
  };
  const isSameDay = (one, other) => one.toDateString() === other.toDateString();
  // From is what is said right before, where this is the end of a span: its day is not said
  // again, and every other one is.
  const forms = {
    short(at, now, from) {
      const time = two(at.getHours()) + ":" + two(at.getMinutes()) + twice(at);
      if (isSameDay(at, from || now)) return unbroken(time);
      const date = at.getDate() + " " + months[at.getMonth()];
      const year = at.getFullYear() === now.getFullYear() ? "" : " " + at.getFullYear();
      return unbroken(date + year + ", " + time);
    },
    exact(at, now, from) {
      const date = at.getFullYear() + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate());
      const time = two(at.getHours()) + ":" + two(at.getMinutes()) + ":" + two(at.getSeconds()) + twice(at);
      return from && isSameDay(at, from) ? time : date + " " + time;
    },
  };
  const localise = (zone) => {
    const theirs = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const ours = zone.textContent;
    if (!theirs || theirs === ours) return;
    const now = new Date();
    for (const time of document.querySelectorAll("time[datetime]")) {
      const at = new Date(time.dateTime);
      if (isNaN(at) || time.dataset.form === "fixed") continue;
      const from = time.dataset.from && new Date(time.dataset.from);
      const text = (forms[time.dataset.form] || forms.exact)(at, now, from);
      if (text === time.textContent) continue;
      time.title = time.textContent + " " + ours;
      // Where outages are told, both times are seen: a report has the other one.
      if (time.closest(".outages, .both")) {
        const small = document.createElement("small");
        small.textContent = time.title;
        time.after(small);
      }
      time.textContent = text;
    }
    zone.textContent = theirs;
    document.getElementById("report-zone").hidden = false;
  };

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (button) switchTheme(button);
    const zone = document.getElementById("zone");
    if (zone) localise(zone);
  });
})();
