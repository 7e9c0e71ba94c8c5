import { exactly, object, text } from "../model/decode.ts";
import { defined } from "../model/fields.ts";
import type { AmbientSource } from "../model/profile.ts";
import type { SourceKind } from "./source.ts";

/** Variables that say which config files are read. */
const whichFiles = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "HOME", "USERPROFILE"];

/** Variables that decide where the SDK's default chain finds credentials. */
const choosing: readonly string[] = [
  ...whichFiles,
  "AWS_ACCESS_KEY_ID",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
  "AWS_ROLE_ARN",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
];

/** The AWS SDK's default chain, or one profile of its config files. */
export const ambient: SourceKind<AmbientSource> = {
  kind: "ambient",
  help: "the AWS SDK's default chain (environment, config files, container, instance)",
  options: [
    {
      name: "ambient",
      help: "the AWS SDK's default chain: environment, config files, container, instance",
    },
    { name: "aws-profile", value: "P", help: "with --ambient: a profile of ~/.aws/config" },
  ],
  chosenBy: ["ambient"],
  awsSettings: ["credential_process", "source_profile", "credential_source"],

  questions: [
    {
      option: "aws-profile",
      text: "Profile of ~/.aws/config (none: the SDK's own choice)",
      optional: true,
      check: async (answer) => (await import("./ambient_credentials.ts")).checkAwsProfile(answer),
    },
  ],

  settle: (values) => {
    const awsProfile = values.text("aws-profile") || undefined;
    return Promise.resolve({ kind: "ambient", ...defined({ awsProfile }) });
  },

  decode: object<AmbientSource>({ kind: exactly("ambient") }, { awsProfile: text }),
  sample: () => ({ kind: "ambient", awsProfile: "work" }),

  facts: ({ awsProfile }) => ({
    // The best guess before asking the SDK.
    lasting: true,
    lines: { "AWS profile": awsProfile },
    key: { name: `the AWS profile ${awsProfile ?? ""}` },
    sdk: defined({ profile: awsProfile }),
  }),

  identity: ({ awsProfile }, { env }) =>
    Object.fromEntries((awsProfile ? whichFiles : choosing).map((name) => [name, env.get(name)])),

  exchange: async ({ awsProfile }, context) => {
    const { ambientCredentials } = await import("./ambient_credentials.ts");
    const credentials = await ambientCredentials(awsProfile, context);
    return { credentials, chained: credentials.sessionToken !== undefined };
  },
};
