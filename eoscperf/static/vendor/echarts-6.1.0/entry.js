// What the charts of eoscperf use of Apache ECharts, and nothing else. README.md says how it becomes echarts.min.js.
import { CustomChart, LineChart, ScatterChart } from "echarts/charts";
import { DataZoomInsideComponent, GridComponent, TooltipComponent } from "echarts/components";
import { init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";

use([CustomChart, DataZoomInsideComponent, GridComponent, LineChart, ScatterChart, SVGRenderer, TooltipComponent]);

export { init };
