using TinyGpt.Decoding;
using TinyGpt.Kernels.Memory;

namespace TinyGpt.Training.Numerics;

/// <summary>Runs one unit of work.</summary>
/// <param name="unit">Which unit, from 0.</param>
/// <param name="scratch">The executing thread's own <see cref="ComputeTeam.ScratchFloats"/> floats, aligned to 64 bytes.</param>
internal unsafe delegate void UnitOfWork(int unit, float* scratch);

/// <summary>
/// A fixed team of threads. Any thread may run a unit, so units write to separate places and a sum over units is formed
/// afterwards, in order: then results depend neither on timing nor on the number of threads. One caller at a time.
/// </summary>
internal sealed unsafe class ComputeTeam : IDisposable
{
    private const int MostRowsOfUnit = 768;
    private const int MostColumnsOfUnit = 512;

    private readonly MatrixMultiplier _multiplier;
    private readonly WorkerTeam _workers;
    private readonly NativeArena _memory;
    private readonly float*[] _scratch;
    private UnitOfWork _work = (_, _) => { };

    /// <summary>Starts the threads.</summary>
    /// <param name="threads">Threads, the caller included; 1 or more.</param>
    /// <param name="scratchFloats">Floats that a unit's work needs beside those of matrix products.</param>
    /// <param name="multiplier">What multiplies matrices.</param>
    public ComputeTeam(int threads, long scratchFloats, MatrixMultiplier multiplier)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        _multiplier = multiplier;
        ScratchFloats = MatrixMultiplier.ScratchFloats + scratchFloats;
        long each = NativeArena.RoundUp(ScratchFloats * sizeof(float));
        _memory = new NativeArena(each * threads);
        _scratch = new float*[threads];
        for (int i = 0; i < threads; i++)
        {
            _scratch[i] = (float*)_memory.Take(each);
        }

        _workers = new WorkerTeam(threads, RunUnits);
    }

    /// <summary>Floats of scratch that a unit gets: those for matrix products first.</summary>
    public long ScratchFloats { get; }

    /// <summary>Threads, the caller included.</summary>
    public int Threads => _scratch.Length;

    /// <summary>What multiplies matrices on one thread.</summary>
    public MatrixMultiplier Multiplier => _multiplier;

    /// <summary>Runs units 0 … <paramref name="units"/> - 1 and returns when all are done.</summary>
    public void Run(int units, UnitOfWork work)
    {
        _work = work;
        _workers.Run(0, units, grain: 1);
    }

    /// <summary>Runs work over parts of a range.</summary>
    /// <param name="count">How many items.</param>
    /// <param name="part">Items of a part, a multiple of 16 where parts are blocks of floats.</param>
    /// <param name="work">Takes the first item and the number of items.</param>
    public void RunParts(long count, int part, Action<long, int> work) =>
        Run((int)((count + part - 1) / part), (unit, _) => work((long)unit * part, (int)Math.Min(part, count - ((long)unit * part))));

    /// <summary>Computes a matrix product on all threads.</summary>
    public void Multiply(MatrixProduct product)
    {
        int rowUnits = (product.Rows + MostRowsOfUnit - 1) / MostRowsOfUnit;
        int columnUnits = (product.Columns + MostColumnsOfUnit - 1) / MostColumnsOfUnit;
        while (rowUnits * columnUnits < Threads || (rowUnits * columnUnits < 4 * Threads && rowUnits * columnUnits % Threads != 0))
        {
            // The longer side is cut: what is packed twice is then the smaller part.
            bool cutRows = product.Rows / rowUnits >= product.Columns / columnUnits;
            int longer = cutRows ? product.Rows / rowUnits : product.Columns / columnUnits;
            if (longer < 4 * _multiplier.TileColumns)
            {
                break;
            }

            rowUnits += cutRows ? 1 : 0;
            columnUnits += cutRows ? 0 : 1;
        }

        int rows = PartOf(product.Rows, rowUnits, _multiplier.TileRows);
        int columns = PartOf(product.Columns, columnUnits, _multiplier.TileColumns);
        rowUnits = (product.Rows + rows - 1) / rows;
        columnUnits = (product.Columns + columns - 1) / columns;
        Run(rowUnits * columnUnits, (unit, scratch) =>
        {
            int row = unit % rowUnits * rows;
            int column = unit / rowUnits * columns;
            _multiplier.MultiplyPart(
                product, row, Math.Min(rows, product.Rows - row), column, Math.Min(columns, product.Columns - column), scratch);
        });
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        _workers.Dispose();
        _memory.Dispose();
    }

    private static int PartOf(int count, int parts, int multiple) => ((((count + parts - 1) / parts) + multiple - 1) / multiple) * multiple;

    private void RunUnits(int first, int count, int worker)
    {
        for (int unit = first; unit < first + count; unit++)
        {
            _work(unit, _scratch[worker]);
        }
    }
}
