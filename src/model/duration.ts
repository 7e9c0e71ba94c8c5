import { usage } from "./failure.ts";

const units = { h: 3600, m: 60, s: 1 } as const;

/** Parses `1h`, `45m`, `1h30m`, `90s` or seconds (`3600`) to seconds. @throws {Failure} `usage` */
export function parseDuration(text: string, option: string): number {
  const plain = /^\d{1,9}$/.exec(text);
  if (plain) return Number(text);
  const parts = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9})s)?$/i.exec(text);
  if (!parts || text === "") {
    throw usage(
      `${option}: ${JSON.stringify(text)} is not a valid duration`,
      "use a duration such as 1h, 45m, 1h30m or 3600 (seconds)",
    );
  }
  const [, hours = "0", minutes = "0", seconds = "0"] = parts;
  return Number(hours) * units.h + Number(minutes) * units.m + Number(seconds);
}

/** `12h`, `1h30m`, `45m` or `20s`; rounded down to whole seconds. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / units.h);
  const minutes = Math.floor((whole % units.h) / units.m);
  const rest = whole % units.m;
  const text = (hours ? `${hours}h` : "") + (minutes ? `${minutes}m` : "") +
    (rest ? `${rest}s` : "");
  return text || "0s";
}

/** Rounded up to minutes (to seconds in the last minute), so that a new session shows its full lifetime. */
export function formatTimeLeft(milliseconds: number): string {
  if (milliseconds <= 0) return "expired";
  const seconds = Math.ceil(milliseconds / 1000);
  return formatDuration(seconds < units.m ? seconds : Math.ceil(seconds / units.m) * units.m);
}
