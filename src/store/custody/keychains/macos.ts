import { askHelper, type Keychain, type KeychainItem, notKept } from "./keychain.ts";

const title = "the macOS Keychain";
/** An absolute path: a program of that name in PATH would receive the key. */
const command = "/usr/bin/security";

/** The login keychain, through the system's own program. */
export const macosKeychain: Keychain = {
  kind: "macos",
  title,
  keeps: true,
  absent: () => undefined,
  async save(system, item, secret, seconds) {
    // Every process can read `-w SECRET` in an argument list; `-i` reads the command from stdin. It
    // splits at spaces, and only the label contains any.
    const input = `add-generic-password -U -l "${item.label}" ${of(item).join(" ")} -w ${secret}\n`;
    const { code } = await askHelper(system, { command, args: ["-i"], input, seconds });
    if (code !== 0) throw notKept(macosKeychain);
    return "";
  },
  async load(system, item, _saved, seconds) {
    const args = ["find-generic-password", ...of(item), "-w"];
    const { code, stdout } = await askHelper(system, { command, args, seconds });
    return code === 0 ? stdout.trimEnd() : undefined;
  },
  async clear(system, item, seconds) {
    const args = ["delete-generic-password", ...of(item)];
    return (await askHelper(system, { command, args, seconds })).code === 0;
  },
};

function of({ id }: KeychainItem): string[] {
  return ["-s", "athm", "-a", id];
}
