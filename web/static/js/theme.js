// Sets the remembered theme before anything is painted; the only script that is not a module.
document.documentElement.dataset.theme = (() => {
  try {
    return localStorage.getItem("uncordon.theme") === "day" ? "day" : "night";
  } catch {
    return "night";
  }
})();
