import { type FormEvent, useState } from "react";
import { signIn, whyRefused } from "@/api/session";

export function SignIn() {
  const [token, setToken] = useState("");
  const why = whyRefused();
  function send(event: FormEvent) {
    event.preventDefault();
    if (token.trim() !== "") signIn(token);
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
          The console needs the operator token. <code>vigil status</code> prints a link that carries
          it.
        </p>
        <label>
          Operator token
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
