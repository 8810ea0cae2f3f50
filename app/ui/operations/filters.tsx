import { statuses } from "../../../core/notification.ts";
import { workflowIds } from "../../../novu/workflows/ids.ts";
import type { ListQuery } from "../../lib/operations/query.ts";

/** A GET form: the filters are in the URL, so that the view can be shared. */
export function Filters({ query }: { readonly query: ListQuery }) {
  return (
    <form className="filters" action="/operations">
      <label>
        Status
        <select name="status" defaultValue={query.status ?? ""}>
          <option value="">all</option>
          {statuses.map((status) => (
            <option key={status}>{status}</option>
          ))}
        </select>
      </label>
      <label>
        Workflow
        <input name="workflow" defaultValue={query.workflow} list="workflows" autoComplete="off" />
        <datalist id="workflows">
          {workflowIds.map((id) => (
            <option key={id} value={id} />
          ))}
        </datalist>
      </label>
      <label>
        Tenant
        <input name="tenant" defaultValue={query.enterpriseId} autoComplete="off" />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}
