import { parseRoleArn } from "../model/arn.ts";
import { isLoopback } from "../model/endpoint.ts";
import { usage } from "../model/failure.ts";
import type { SamlSource, SamlVia } from "../model/profile.ts";
import type { Values } from "../line/values.ts";
import type { System } from "../system/system.ts";
import type { SourceKind } from "./source.ts";

const group = "Source (one)";

/** A role that an identity provider's SAML assertion offers. */
export const saml: SourceKind<SamlSource> = {
  kind: "saml",
  help: "an identity provider that speaks SAML (Okta, Entra, Google, Ping, Keycloak, …)",
  options: [
    {
      group,
      name: "saml-url",
      value: "URL",
      help: "the address at the identity provider that starts the sign-in to AWS by SAML",
    },
    {
      group,
      name: "saml-via",
      value: "HOW",
      choices: ["browser", "form", "command"],
      help: "with --saml-url: how to sign in there (default: browser on a desktop, else form)",
    },
    {
      group,
      name: "saml-command",
      value: "CMD",
      help: "a command that prints the SAML response in base64, for any other provider",
    },
    {
      group,
      name: "saml-role",
      value: "ARN",
      help: "which role of the assertion's to assume, where it offers several",
    },
    { group, name: "saml-user", value: "NAME", help: "user name at the identity provider" },
    {
      group,
      name: "saml-remember-password",
      help: "with --saml-via form: keep the password, sealed, to renew without asking",
    },
  ],
  chosenBy: ["saml-url", "saml-command"],

  questions: [
    {
      option: "saml-url",
      text: "Address of the AWS application at the identity provider",
      help: "the link behind the AWS tile of the provider's portal starts the sign-in to AWS",
      check: checkSamlUrl,
    },
  ],

  settle: async (values, system) => {
    const url = values.text("saml-url");
    const command = values.text("saml-command");
    const via = await viaOf(values, system);
    if (via !== "command" && command !== undefined) {
      throw usage(`--saml-command does not go with --saml-via ${via}`);
    }
    if (via === "command" && !command) {
      throw usage("--saml-via command wants the command too", "name it with --saml-command CMD");
    }
    if (via !== "command" && url === undefined) throw usage("--saml-via wants --saml-url too");
    if (url !== undefined) checkSamlUrl(url);
    if (values.has("saml-remember-password") && via !== "form") {
      throw usage(
        `--saml-remember-password does not go with --saml-via ${via}`,
        via === "browser"
          ? "the browser itself remembers, where the provider allows it"
          : "athm never sees the command's password",
      );
    }
    const roleArn = values.text("saml-role");
    if (roleArn !== undefined) parseRoleArn(roleArn, "--saml-role");
    const user = values.text("saml-user");
    return {
      kind: "saml",
      via,
      ...url === undefined ? {} : { url },
      ...command === undefined ? {} : { command },
      ...roleArn === undefined ? {} : { roleArn },
      ...user ? { user } : {},
      ...values.has("saml-remember-password") ? { rememberPassword: true } : {},
    };
  },

  obtain: async (source, context) => {
    // Parsers of HTML and XML, cookies, a browser: only for who signs in.
    const { obtainBySaml } = await import("./saml_sign_in.ts");
    return await obtainBySaml(source, context);
  },
};

async function viaOf(values: Values, { browser }: System): Promise<SamlVia> {
  const given = values.text("saml-via") as SamlVia | undefined;
  if (given !== undefined) return given;
  if (values.has("saml-command")) return "command";
  return await browser.isThere() ? "browser" : "form";
}

/** A password goes there: https, or http to this machine itself. */
function checkSamlUrl(text: string): void {
  const example = "--saml-url looks like https://example.okta.com/app/amazon_aws/…/sso/saml";
  const url = /^https?:\/\/[\x21-\x7e]+$/i.test(text) ? URL.parse(text) : null;
  if (!url) throw usage("--saml-url is not an http or https address", example);
  if (url.username || url.password) {
    throw usage("--saml-url may not hold a user name or password", "--saml-user names the user");
  }
  if (url.protocol === "http:" && !isLoopback(url.hostname)) {
    throw usage(
      `--saml-url: http is allowed to this machine alone (127.0.0.1, ::1, localhost), not to ${url.hostname}`,
      "give the https address",
    );
  }
}
