import { Failure } from "../../../model/failure.ts";
import { hasSessionBus, noSessionBus } from "../../../system/helper.ts";
import type { System } from "../../../system/system.ts";
import { askHelper, type Keychain, type KeychainItem, notKept } from "./keychain.ts";

const title = "the Secret Service";
const command = "secret-tool";

/** GNOME Keyring, KWallet, KeePassXC and others, through libsecret's secret-tool. */
export const secretService: Keychain = {
  kind: "secret-service",
  title,
  keeps: true,
  absent: (system) => hasSessionBus(system) ? undefined : noSessionBus,
  async save(system, item, secret, seconds) {
    const args = ["store", `--label=${item.label}`, ...attributes(item)];
    const { code } = await run(system, { args, input: secret, seconds });
    if (code !== 0) throw notKept(secretService);
    return "";
  },
  async load(system, item, _saved, seconds) {
    const { code, stdout } = await run(system, { args: ["lookup", ...attributes(item)], seconds });
    return code === 0 && stdout !== "" ? stdout.trimEnd() : undefined;
  },
  async clear(system, item, seconds) {
    const { code } = await run(system, { args: ["clear", ...attributes(item)], seconds });
    return code === 0;
  },
};

function attributes({ id }: KeychainItem): string[] {
  return ["service", "athm", "store", id];
}

async function run(
  system: System,
  ask: { args: readonly string[]; input?: string; seconds: number },
) {
  try {
    return await askHelper(system, { command, ...ask });
  } catch (error) {
    if (!(error instanceof Failure && error.code === "command-not-found")) throw error;
    throw new Failure(
      "store-key",
      `${title} requires ${command}, which is not installed`,
      "install libsecret-tools (Debian, Ubuntu) or libsecret (Fedora, Arch)",
      { cause: error },
    );
  }
}
