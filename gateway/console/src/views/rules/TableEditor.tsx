import "@/app/styles";
import { DecisionTable, JdmConfigProvider } from "@gorules/jdm-editor";
import "@gorules/jdm-editor/dist/style.css";
import { useSyncExternalStore } from "react";
import { colour, isDark, onThemeChange } from "@/app/theme";
import { type TableContent, type TableRule, withContent } from "./table";

interface Given {
  table: TableRule;
  onChange: (text: string) => void;
  disabled: boolean;
}

/** GoRules' own editor of decision tables; what it writes goes into the rule's text. */
export default function TableEditor({ table, onChange, disabled }: Given) {
  const dark = useSyncExternalStore(onThemeChange, isDark);
  // Its own blue is too dim on its own dark ground to be read by everybody.
  const theme = {
    mode: dark ? ("dark" as const) : ("light" as const),
    token: { colorPrimary: colour("--accent"), colorLink: colour("--accent") },
  };
  return (
    <section className="decision" aria-label={`The table ${table.node.name}`}>
      <JdmConfigProvider theme={theme}>
        <DecisionTable
          tableHeight={320}
          value={table.node.content as never}
          disabled={disabled}
          permission={disabled ? "edit:values" : "edit:full"}
          onChange={(content) => onChange(withContent(table, content as unknown as TableContent))}
        />
      </JdmConfigProvider>
    </section>
  );
}
