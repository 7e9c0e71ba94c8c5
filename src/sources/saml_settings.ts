import { parseRoleArn } from "../model/arn.ts";
import { defined } from "../model/fields.ts";
import { isLoopback } from "../model/endpoint.ts";
import { usage } from "../model/failure.ts";
import type { SamlSource, SamlVia } from "../model/profile.ts";
import type { Values } from "../line/values.ts";
import { hasDesktop } from "../system/dialog.ts";
import type { System } from "../system/system.ts";

/** @throws {Failure} `usage` */
export function settleSaml(values: Values, system: System): SamlSource {
  const url = values.text("saml-url");
  const command = values.text("saml-command");
  const via = viaOf(values, system);
  if (via !== "command" && command !== undefined) {
    throw usage(`--saml-command is not allowed with --saml-via ${via}`);
  }
  if (via === "command" && !command) {
    throw usage("--saml-via command requires --saml-command", "add --saml-command CMD");
  }
  if (via !== "command" && url === undefined) throw usage("--saml-via requires --saml-url");
  if (url !== undefined) checkSamlUrl(url);
  if (values.has("saml-remember-password") && via !== "form") {
    throw usage(
      `--saml-remember-password is not allowed with --saml-via ${via}`,
      via === "browser"
        ? "the browser stays signed in if the provider allows it"
        : "athm never sees the password of the command",
    );
  }
  const roleArn = values.text("saml-role");
  if (roleArn !== undefined) parseRoleArn(roleArn, "--saml-role");
  const user = values.text("saml-user");
  const rememberPassword = values.has("saml-remember-password") || undefined;
  const given = defined({ url, command, roleArn, user: user || undefined, rememberPassword });
  return { kind: "saml", via, ...given };
}

/** A browser sign-in requires a local desktop. */
function viaOf(values: Values, { platform, env }: System): SamlVia {
  const given = values.text("saml-via") as SamlVia | undefined;
  if (given !== undefined) return given;
  if (values.has("saml-command")) return "command";
  if (values.has("saml-remember-password")) return "form";
  return hasDesktop(platform, env) && !env.get("SSH_CONNECTION") ? "browser" : "form";
}

/** Passwords are sent there: https, or http to a loopback address. @throws {Failure} `usage` */
export function checkSamlUrl(text: string): void {
  const example = "--saml-url looks like https://example.okta.com/app/amazon_aws/…/sso/saml";
  const url = /^https?:\/\/[\x21-\x7e]+$/i.test(text) ? URL.parse(text) : null;
  if (!url) throw usage("--saml-url is not an http or https URL", example);
  if (url.username || url.password) {
    throw usage(
      "--saml-url must not contain a user name or password",
      "set the user name with --saml-user",
    );
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw usage(
      `--saml-url: plain http is only allowed for loopback (127.0.0.1, ::1, localhost), not for ${url.hostname}`,
      "use the https URL",
    );
  }
}
