// What only the server may know. The manager's program is compiled from crates that the server shares, and one import too many would
// carry SQL, accounts or keys to every phone; after_build.mjs delivers no program that holds any of these, nor where libraries lie on the
// machine that built it (.make/client).
export const SERVER_WORDS = ["SELECT ", "INSERT INTO ", "sqlite", "postgres", "PRIVATE KEY", "argon2", "shouma-demo", "api_v3", "/.cargo/registry/"];

/** Why this program is not delivered, as a sentence; nothing when it holds no word of the server's. */
export function tooTalkative(bytes) {
  const program = Buffer.from(bytes);
  const found = SERVER_WORDS.filter((word) => program.includes(word));
  return found.length ? `the manager's program holds what only the server may know: ${found.join(", ")}` : null;
}
