// Styles: lets a library that writes <style> do so under the page's policy.
//
// The policy allows no style but the page's own files and what carries the nonce that the server
// made for this page; a style that comes in by injected HTML has none. Whoever loads such a library
// imports this first.

const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
const create = document.createElement.bind(document);

document.createElement = ((name: string, options?: ElementCreationOptions) => {
  const element = create(name, options);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
}) as typeof document.createElement;
