import { exactly, flag, object, text } from "../model/decode.ts";
import type { ConsoleSignIn } from "../model/console_sign_in.ts";
import type { AwsLoginSource } from "../model/profile.ts";
import type { SourceKind } from "./source.ts";

const rest = () => import("./aws_login_sign_in.ts");

export const awsLogin: SourceKind<AwsLoginSource, ConsoleSignIn> = {
  kind: "aws-login",
  help: "the AWS console's sign-in, as aws login uses it",
  options: [
    { name: "aws-login", help: "sign in with the AWS console: as root, an IAM user or federated" },
    {
      name: "remote",
      help: "with --aws-login: paste a code from any browser; default without a desktop",
    },
    {
      name: "aws-login-endpoint-url",
      value: "URL",
      help: "sign-in endpoint, such as a VPC endpoint",
    },
  ],
  chosenBy: ["aws-login"],
  awsSettings: ["login_session"],

  settle: async (values) => (await rest()).settleAwsLogin(values),

  decode: object<AwsLoginSource>(
    { kind: exactly("aws-login") },
    { principal: text, remote: flag, endpointUrl: text },
  ),
  sample: () => ({
    kind: "aws-login",
    principal: "arn:aws:sts::012345678901:assumed-role/Developer",
    remote: true,
    endpointUrl: "https://eu-west-1.signin.aws.amazon.com",
  }),

  facts: (source) => {
    const { kind, principal, remote, endpointUrl } = source;
    return {
      lasting: false,
      lines: {
        identity: principal,
        "sign-in": remote ? "with a code from another machine" : undefined,
        "sign-in endpoint": endpointUrl,
      },
      // How a person signs in does not affect whose session it is.
      deciding: { kind, principal, endpointUrl },
      learned: ["principal"],
      ...principal !== undefined && { principal },
      signIn: async (network) => {
        const { consoleName } = await import("../model/console_sign_in.ts");
        const title = `the console sign-in${principal === undefined ? "" : ` as ${principal}`}`;
        return { shelf: "consoles", name: consoleName(source, network), title };
      },
    };
  },

  prove: async (source, context) => await (await rest()).proveAtConsole(source, context),
  exchange: async (_source, _context, signIn) => (await rest()).keysOf(signIn),
};
