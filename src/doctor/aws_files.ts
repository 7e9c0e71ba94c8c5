import { hasAwsPaths, readAwsFiles, readLimited, type Section } from "../migration/aws_files.ts";
import { beforeProcess } from "../migration/config_edit.ts";
import { readConfigLines } from "../migration/config_lines.ts";
import { Failure, quote } from "../model/failure.ts";
import { platforms } from "../system/platforms.ts";
import type { System } from "../system/system.ts";
import { type Check, failed, type Finding, ok, warning } from "./check.ts";

/**
 * Plaintext keys in `~/.aws`, other settings that override a profile's `credential_process`, and an
 * unreadable config file.
 */
export const awsFilesCheck: Check = async (system) => {
  if (!hasAwsPaths(system)) return [warning("not checked: HOME is not set")];
  const { config, credentials, credentialsPath, configPath } = await readAwsFiles(system);
  const findings: Finding[] = [...unreadable(system, configPath)];
  for (const [name, section] of credentials) {
    if (!hasKey(section)) continue;
    const quoted = JSON.stringify(name);
    if (config.get(name)?.has("credential_process")) {
      findings.push(failed(
        `the keys of ${quoted} in ${credentialsPath} take precedence over its credential_process`,
        // Import skips temporary keys: another tool renews them there.
        section.has("aws_session_token")
          ? editing(system, credentialsPath)
          : "athm import aws-credentials --remove",
      ));
    } else if (section.has("aws_session_token")) {
      findings.push(warning(
        `${quoted} in ${credentialsPath} is a plaintext session left by another tool`,
        editing(system, credentialsPath),
      ));
    } else {
      findings.push(warning(
        `${quoted} in ${credentialsPath} is a plaintext access key`,
        "athm import aws-credentials --remove",
      ));
    }
  }
  for (const [name, section] of config) {
    const quoted = JSON.stringify(name);
    const other = beforeProcess.find((key) => section.has(key));
    if (section.has("credential_process") && other !== undefined) {
      findings.push(failed(
        `${quoted} in ${configPath} has ${other}, which takes precedence over its credential_process`,
        editing(system, configPath),
      ));
    } else if (hasKey(section)) {
      findings.push(warning(
        `${quoted} in ${configPath} contains a plaintext key`,
        editing(system, configPath),
      ));
    }
  }
  return findings.length ? findings : [ok("no plaintext keys")];
};

/** A config file that the AWS CLI rejects, though some SDKs accept it. */
function unreadable(system: System, path: string): readonly Finding[] {
  try {
    readConfigLines(readLimited(system, path) ?? new Uint8Array(), path);
    return [];
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return [failed(error.message, editing(system, path))];
  }
}

function hasKey(section: Section): boolean {
  return section.has("aws_access_key_id") || section.has("aws_secret_access_key");
}

function editing({ platform }: System, path: string): string {
  const quoted = platform === "windows" ? `"${path}"` : quote(path);
  return `${platforms[platform].editor} ${quoted}`;
}
