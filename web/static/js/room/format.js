// How times and numbers are written; the same as on the server's pages.
const THIN = "\u202f";

/** Time of day in UTC of Unix ms: `02:51:07`. */
export const clock = (unixMs) => new Date(unixMs).toISOString().slice(11, 19);

/** Time between two instants: `4:07`, `1:02:30`. */
export function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3600);
  const text = `${hours ? String(parts[0]).padStart(2, "0") : parts[0]}:${String(parts[1]).padStart(2, "0")}`;
  return hours ? `${hours}:${text}` : text;
}

/** Time since then in words: `just now`, `4 min ago`, `6 weeks ago`. */
export function ago(ms) {
  const minutes = Math.round(ms / 60_000);
  const hours = Math.round(minutes / 60);
  const days = Math.round(hours / 24);
  if (minutes < 1) return "just now";
  if (minutes < 90) return `${minutes} min ago`;
  if (hours < 36) return `${hours} h ago`;
  return days < 21 ? `${days} days ago` : `${Math.round(days / 7)} weeks ago`;
}

/** Day and time: `Fri 20 Nov 02:47`. */
export function stamp(unixMs) {
  const date = new Date(unixMs);
  const day = date.toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
  return `${day.replace(",", "")} ${clock(unixMs).slice(0, 5)}`;
}

/** Whole number with thin spaces: `3 482`. */
export const count = (value) => Math.round(value).toString().replace(/\B(?=(\d{3})+$)/g, THIN);

/** A share as the status bar and charts say it: `12.1 %`, `0.10 %`. */
export function share(value) {
  if (value === null || value === undefined) return "-";
  const percent = value * 100;
  return `${percent < 1 ? percent.toFixed(2) : percent.toFixed(1)}${THIN}%`;
}

/** One value of a chart. */
export function value(unit, number) {
  if (number === null || number === undefined) return "-";
  if (unit === "%") return share(number);
  if (!number) return `0${unit ? THIN + unit : ""}`;
  if (unit === "/s") return `${number.toFixed(number >= 10 ? 0 : number >= 1 || number < 0.005 ? 1 : 2)}${THIN}/s`;
  return unit ? `${number.toFixed(0)}${THIN}${unit}` : count(number);
}
