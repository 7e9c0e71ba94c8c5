import { askHelper, type Keychain, type KeychainItem, notKept } from "./keychain.ts";

const title = "the macOS Keychain";
/** By its path: a program of the same name in PATH would be handed the key. */
const command = "/usr/bin/security";

/** The login keychain, by the system's own program. */
export const macosKeychain: Keychain = {
  kind: "macos",
  title,
  keeps: true,
  absent: () => undefined,
  async save(system, item, secret, seconds) {
    // `-w SECRET` as an argument could be read by every process; `-i` reads the command from stdin.
    // It parts words at spaces, and in what stands here only the label has any.
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
