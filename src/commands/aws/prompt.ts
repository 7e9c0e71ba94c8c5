import type { Command } from "../../line/command.ts";
import { formatTimeLeft } from "../../model/duration.ts";
import { usage, valueOr } from "../../model/failure.ts";
import { isName, nameKey, suggestion } from "../../model/names.ts";
import { colorOf } from "../../screen/color.ts";
import type { System } from "../../system/system.ts";

/** Colors for a shell's prompt, with zero-width markers, or lines wrap wrongly. */
const painters: ReadonlyMap<string, (text: string, color: number) => string> = new Map([
  ["bash", (text, color) => `\x01\x1b[${color}m\x02${text}\x01\x1b[0m\x02`],
  ["zsh", (text, color) => `%${color - 30}F${text}%f`],
  ["fish", painted],
  ["powershell", painted],
]);

function painted(text: string, color: number): string {
  return `\x1b[${color}m${text}\x1b[0m`;
}

/** For a shell prompt: the shell's profile and its time left. Reads two variables; never prompts. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "folder", help: "add the profile that a .athm file names, in brackets, if another" },
  ],
  examples: ["athm aws prompt bash      # in ~/.bashrc: PS1='$(athm aws prompt bash) \\w \\$ '"],
  work: async ({ operands: [shell], values }, system) => {
    const { env, now, out } = system;
    const paint = shell === undefined ? undefined : painters.get(shell);
    if (shell !== undefined && !paint) {
      const names = [...painters.keys()];
      throw usage(
        `shell ${JSON.stringify(shell.slice(0, 40))} is not supported` +
          suggestion(shell, names),
        `use one of ${names.join(", ")}, or omit it for text without color`,
      );
    }
    const parts: string[] = [];
    const name = env.get("ATHM_PROFILE") ?? "";
    // Any program may have set it, and shells interpret special characters in a prompt.
    if (isName(name)) {
      const left = timeLeft(env.get("AWS_CREDENTIAL_EXPIRATION"), now());
      const text = left === undefined ? name : `${name} ${formatTimeLeft(left)}`;
      const plain = !paint || left === undefined || Boolean(env.get("NO_COLOR"));
      parts.push(plain ? text : paint(text, colorOf(left)));
    }
    const folder = values.has("folder") ? await ofFolder(system) : undefined;
    if (folder !== undefined && nameKey(folder) !== nameKey(name)) parts.push(`[${folder}]`);
    if (parts.length) out(parts.join(" ") + "\n");
    return 0;
  },
};

/** Allowed or not, since that is in the store. A file that is not acceptable is none here. */
async function ofFolder(system: System): Promise<string | undefined> {
  const { folderFile } = await import("../../session/folder.ts");
  return valueOr(() => folderFile(system)?.name, undefined);
}

/** Milliseconds until a moment in RFC 3339; nothing if invalid. */
function timeLeft(moment: string | undefined, now: number): number | undefined {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
  const at = form.test(moment ?? "") ? Date.parse(moment ?? "") : NaN;
  return Number.isNaN(at) ? undefined : at - now;
}
