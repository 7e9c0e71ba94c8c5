import { expanded } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";
import { sdkConfig } from "./sdk_config.ts";

/** A config file of a child's own, there as long as the child. */
export interface PrivateConfig extends Disposable {
  readonly path: string;
  /** The profile in it that leads to no credentials. */
  readonly profile: string;
}

/**
 * Writes the config file of a child that asks the credential server (see `sdkConfig`). It holds no
 * secret, and is removed when the child has ended.
 */
export function privateConfig(system: System, name: string): PrivateConfig {
  const { files } = system;
  const own = configPath(system);
  const text = own === undefined ? "" : new TextDecoder().decode(files.read(own));
  // A name that the person's credentials file cannot have, for its keys would win.
  const profile = `athm-${name}-${system.random(4).toHex()}`;
  const folder = files.makeTemporaryFolder();
  const path = files.join(folder, "config");
  files.create(path, new TextEncoder().encode(sdkConfig(text, profile)), 0o600);
  return {
    path,
    profile,
    [Symbol.dispose]: () => {
      files.remove(path);
      files.remove(folder);
    },
  };
}

/** Where the AWS CLI looks for the config file. */
function configPath(system: System): string | undefined {
  const { env, files, platform } = system;
  const given = env.get("AWS_CONFIG_FILE");
  if (given) return expanded(system, given);
  const home = env.get(platform === "windows" ? "USERPROFILE" : "HOME");
  return home ? files.join(home, ".aws", "config") : undefined;
}
