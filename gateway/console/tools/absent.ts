// Absent: what the decision tables' library also brings, 8 MB that no table needs: editors of graphs
// with code, spreadsheets, and its engine for checking cells in the page, for which the page's
// policy would have to allow WebAssembly. The API checks cells, by the same engine.

// -- monaco-editor, @monaco-editor/react, exceljs: never called here

export const MarkerSeverity = {};
export const loader = { config: () => undefined };
export const Editor = () => null;
export const DiffEditor = () => null;
export const useMonaco = () => null;

// -- @gorules/zen-engine-wasm: never ready, so that nobody asks it

export const isReady = () => false;
export const getCompletions = () => [];
export const validateExpression = () => null;
export const validateUnaryExpression = () => null;
export const createVariableType = () => null;
export const parseStandardExpression = () => null;
export class VariableType {}
export class Variable {}
export class ExpressionBuilder {}

/** As whoever loads the engine calls it. */
export default function load(): Promise<void> {
  return Promise.resolve();
}
