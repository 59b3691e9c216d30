/** Says whose part is missing, where somebody did not answer. */
export function Silent({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <p className="silent" role="alert">
      {names.join(", ")} did not answer: what {names.length === 1 ? "it keeps" : "they keep"} is
      missing here.
    </p>
  );
}
