import { expanded } from "../system/home_folder.ts";
import type { System } from "../system/system.ts";
import { sdkConfig } from "./sdk_config.ts";

export interface PrivateConfig extends Disposable {
  readonly path: string;
  /** The profile in it without any credentials. */
  readonly profile: string;
}

/** Writes the config file of a child that uses the credential server (see `sdkConfig`), without secrets. */
export function privateConfig(system: System, name: string): PrivateConfig {
  const { files } = system;
  const own = configPath(system);
  const text = own === undefined ? "" : new TextDecoder().decode(files.read(own));
  // Randomize the name: SDKs would prefer keys of the same profile in the user's credentials file.
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

/** The config file that the AWS CLI reads. */
function configPath(system: System): string | undefined {
  const { env, files, platform } = system;
  const given = env.get("AWS_CONFIG_FILE");
  if (given) return expanded(system, given);
  const home = env.get(platform === "windows" ? "USERPROFILE" : "HOME");
  return home ? files.join(home, ".aws", "config") : undefined;
}
