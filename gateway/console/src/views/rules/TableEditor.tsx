import "@/app/styles";
import { DecisionTable, JdmConfigProvider } from "@gorules/jdm-editor";
import "@gorules/jdm-editor/dist/style.css";
import { isDark } from "@/app/theme";
import { type TableContent, type TableRule, withContent } from "./table";

interface Given {
  table: TableRule;
  onChange: (text: string) => void;
  disabled: boolean;
}

/** GoRules' own editor of decision tables; what it writes goes into the rule's text. */
export default function TableEditor({ table, onChange, disabled }: Given) {
  return (
    <section className="decision" aria-label={`The table ${table.node.name}`}>
      <JdmConfigProvider theme={{ mode: isDark() ? "dark" : "light" }}>
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
