/** athm's secrets: a child that can read them can open the store. */
export const storeVariables: readonly string[] = [
  "ATHM_KEY",
  "ATHM_PASSPHRASE",
  "ATHM_PASSPHRASE_FILE",
  "ATHM_BACKUP_PASSPHRASE_FILE",
];
