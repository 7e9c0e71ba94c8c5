import type { SamlSource } from "../model/profile.ts";
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
      check: async (answer) => (await import("./saml_settings.ts")).checkSamlUrl(answer),
    },
  ],

  settle: async (values, system) => {
    const { settleSaml } = await import("./saml_settings.ts");
    return settleSaml(values, system);
  },

  obtain: async (source, context) => {
    // Parsers of HTML and XML, cookies, a browser: only for who signs in.
    const { obtainBySaml } = await import("./saml_sign_in.ts");
    return await obtainBySaml(source, context);
  },
};
