/** What a cell's thread runs: the engine's cell with our services. The composition root of that thread. */
import { startCell } from '#engine/cell-main';
import { serviceSet } from '#services';

startCell(serviceSet);
