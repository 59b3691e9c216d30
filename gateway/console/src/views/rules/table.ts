// Table: a decision table within its rule's text, and back.

/** A graph in GoRules' JDM format. */
export interface Graph {
  nodes: Node[];
  edges: unknown[];
}

export interface Node {
  id: string;
  type: string;
  name: string;
  content?: TableContent;
  [more: string]: unknown;
}

export interface TableContent {
  hitPolicy: "first" | "collect";
  inputs: Column[];
  outputs: Column[];
  rules: Record<string, string>[];
  [more: string]: unknown;
}

export interface Column {
  id: string;
  name?: string;
  field?: string;
  [more: string]: unknown;
}

export interface TableRule {
  /** All of the document. */
  document: Record<string, unknown>;
  /** Which of the graph's nodes is the table; the first. */
  node: Node & { content: TableContent };
}

/** The decision table of a rule that is written as JSON; null: it has none, or can't be read now. */
export function tableOf(text: string): TableRule | null {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof document !== "object" || document === null || !("table" in document)) return null;
  const nodes = (document.table as Partial<Graph> | null)?.nodes;
  if (!Array.isArray(nodes)) return null;
  const node = nodes.find(
    (one) => one?.type === "decisionTableNode" && Array.isArray(one.content?.rules),
  );
  return node === undefined
    ? null
    : { document: document as Record<string, unknown>, node: node as TableRule["node"] };
}

/** The rule's text with another content of its table; all else stays as it is. */
export function withContent(rule: TableRule, content: TableContent): string {
  const table = rule.document.table as Graph;
  const nodes = table.nodes.map((one) => (one.id === rule.node.id ? { ...one, content } : one));
  return `${JSON.stringify({ ...rule.document, table: { ...table, nodes } }, null, 2)}\n`;
}
