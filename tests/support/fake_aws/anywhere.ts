/**
 * The state of IAM Roles Anywhere. Its service is in `roles_anywhere.ts`.
 *
 * @module
 */

/** Trust anchors, profiles and revoked certificates. Tests may change them. */
export interface Anywhere {
  /** By ARN. */
  readonly anchors: Map<string, { root: string; enabled: boolean }>;
  readonly profiles: Map<string, AnywhereProfile>;
  /** Serial numbers in hexadecimal. */
  readonly revoked: Set<string>;
  /** The canonical requests that were verified. */
  readonly verified: string[];
}

export interface AnywhereProfile {
  readonly roles: Set<string>;
  enabled: boolean;
  /** Seconds. */
  duration: number;
  acceptsSessionName: boolean;
}

const id = "00112233-4455-6677-8899-aabbccddeeff";
export const anchorArn = `arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/${id}`;
export const anywhereProfileArn = `arn:aws:rolesanywhere:us-east-1:123456789012:profile/${id}`;

export function newAnywhere(): Anywhere {
  return { anchors: new Map(), profiles: new Map(), revoked: new Set(), verified: [] };
}

/** Lets certificates of the root, in PEM, assume the role for an hour, under the ARNs above. */
export function trustRoot({ anchors, profiles }: Anywhere, root: string, role: string): void {
  anchors.set(anchorArn, { root, enabled: true });
  profiles.set(anywhereProfileArn, {
    roles: new Set([role]),
    enabled: true,
    duration: 3600,
    acceptsSessionName: false,
  });
}
