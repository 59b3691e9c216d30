import { type FormEvent, useState } from "react";
import { signIn } from "@/api/session";

export function SignIn({ why }: { why: string | null }) {
  const [token, setToken] = useState("");
  function send(event: FormEvent) {
    event.preventDefault();
    if (token.trim() !== "") void signIn(token);
  }
  return (
    <main className="signin">
      <form onSubmit={send}>
        <h1>Sign in to Vigil</h1>
        {why !== null && (
          <p className="refused" role="alert">
            {why}
          </p>
        )}
        <p className="soft">
          <code>vigil sign-in</code> prints a link, good once; here its token does, or one of the
          API.
        </p>
        <label>
          Token
          <input
            className="input"
            type="password"
            autoComplete="off"
            spellCheck={false}
            required
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </label>
        <button type="submit" className="button chief">
          Sign in
        </button>
      </form>
    </main>
  );
}
