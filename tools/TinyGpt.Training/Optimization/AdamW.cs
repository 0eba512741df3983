using System.Numerics;
using System.Runtime.CompilerServices;
using TinyGpt.Kernels.Memory;
using TinyGpt.Training.Network;
using TinyGpt.Training.Numerics;

namespace TinyGpt.Training.Optimization;

/// <summary>
/// AdamW (Loshchilov and Hutter, 2019): moments with bias correction, and a decay of matrices that does not pass through the moments.
/// </summary>
internal sealed unsafe class AdamW : IDisposable
{
    private const int FloatsPerUnit = 1 << 14;
    private const float Epsilon = 1e-8f;

    private readonly ParameterSet _parameters;
    private readonly ComputeTeam _team;
    private readonly RowOperations _operations;
    private readonly NativeArena _memory;
    private readonly float* _means;
    private readonly float* _squares;

    public AdamW(ParameterSet parameters, ComputeTeam team, RowOperations operations)
    {
        _parameters = parameters;
        _team = team;
        _operations = operations;
        _memory = new NativeArena(2 * NativeArena.RoundUp(parameters.FloatCount * sizeof(float)));
        _means = _memory.TakeFloats(parameters.FloatCount);
        _squares = _memory.TakeFloats(parameters.FloatCount);
    }

    /// <summary>The mean of a tensor's gradients.</summary>
    public Span<float> Mean(NamedParameter parameter) => new(_means + _parameters.OffsetOf(parameter), parameter.Count);

    /// <summary>The mean of a tensor's squared gradients.</summary>
    public Span<float> MeanSquare(NamedParameter parameter) => new(_squares + _parameters.OffsetOf(parameter), parameter.Count);

    /// <summary>Forgets the moments.</summary>
    public void Clear()
    {
        foreach (NamedParameter parameter in _parameters.Named)
        {
            Mean(parameter).Clear();
            MeanSquare(parameter).Clear();
        }
    }

    /// <summary>The norm of all gradients together.</summary>
    public double GradientNorm()
    {
        double total = 0;
        foreach (NamedParameter parameter in _parameters.Named)
        {
            double[] sums = new double[(parameter.Count + FloatsPerUnit - 1) / FloatsPerUnit];
            float* gradient = _parameters.GradientOf(parameter);
            _team.RunParts(parameter.Count, FloatsPerUnit, (first, count) =>
                sums[first / FloatsPerUnit] = _operations.SumOfSquares(gradient + first, count));
            total += sums.Sum();
        }

        return Math.Sqrt(total);
    }

    /// <summary>Moves all weights.</summary>
    /// <param name="options">Betas and decay.</param>
    /// <param name="step">This step's number, from 1.</param>
    /// <param name="learningRate">The rate.</param>
    /// <param name="gradientScale">What gradients are multiplied by first.</param>
    public void Step(TrainingOptions options, long step, float learningRate, float gradientScale)
    {
        float meanCorrection = (float)(learningRate / (1 - Math.Pow(options.Beta1, step)));
        float squareCorrection = (float)(1 / (1 - Math.Pow(options.Beta2, step)));
        foreach (NamedParameter parameter in _parameters.Named)
        {
            float decay = parameter.Shape.Count > 1 ? 1 - (learningRate * options.WeightDecay) : 1f;
            Move move = new(options.Beta1, options.Beta2, gradientScale, decay, meanCorrection, squareCorrection);
            long offset = _parameters.OffsetOf(parameter);
            float* values = parameter.Pointer;
            float* gradient = _parameters.GradientOf(parameter);
            _team.RunParts(parameter.Count, FloatsPerUnit, (first, count) =>
                move.Apply(values + first, gradient + first, _means + offset + first, _squares + offset + first, count));
        }
    }

    public void Dispose() => _memory.Dispose();

    /// <summary>One step's numbers. Multiplications and additions are rounded apart, so the vector's width changes no bit.</summary>
    private readonly record struct Move(
        float Beta1, float Beta2, float GradientScale, float Decay, float MeanCorrection, float SquareCorrection)
    {
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Apply(float* values, float* gradients, float* means, float* squares, int count)
        {
            int i = 0;
            for (; i + Vector<float>.Count <= count; i += Vector<float>.Count)
            {
                Vector<float> gradient = Vector.Load(gradients + i) * GradientScale;
                Vector<float> mean = (Vector.Load(means + i) * Beta1) + (gradient * (1 - Beta1));
                Vector<float> square = (Vector.Load(squares + i) * Beta2) + (gradient * gradient * (1 - Beta2));
                Vector.Store(mean, means + i);
                Vector.Store(square, squares + i);
                Vector<float> deviation = Vector.SquareRoot(square * SquareCorrection) + new Vector<float>(Epsilon);
                Vector.Store((Vector.Load(values + i) * Decay) - (mean * MeanCorrection / deviation), values + i);
            }

            for (; i < count; i++)
            {
                float gradient = gradients[i] * GradientScale;
                means[i] = (means[i] * Beta1) + (gradient * (1 - Beta1));
                squares[i] = (squares[i] * Beta2) + (gradient * gradient * (1 - Beta2));
                float deviation = MathF.Sqrt(squares[i] * SquareCorrection) + Epsilon;
                values[i] = (values[i] * Decay) - (means[i] * MeanCorrection / deviation);
            }
        }
    }
}
