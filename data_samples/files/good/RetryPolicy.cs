using System;
using System.Collections.Generic;
using System.Threading;
using System.Threading.Tasks;

namespace Quarry.Resilience
{
    /// <summary>Decides how often and how long to wait before an operation is tried again.</summary>
    public sealed class RetryPolicy
    {
        private readonly int _attempts;
        private readonly TimeSpan _firstDelay;
        private readonly TimeSpan _longestDelay;
        private readonly Func<Exception, bool> _isTransient;
        private readonly Random _random;

        public RetryPolicy(int attempts, TimeSpan firstDelay, TimeSpan longestDelay,
                           Func<Exception, bool> isTransient, int? seed = null)
        {
            if (attempts < 1)
                throw new ArgumentOutOfRangeException(nameof(attempts), attempts, "at least one attempt is needed");
            if (firstDelay > longestDelay)
                throw new ArgumentException("the first delay must not exceed the longest one", nameof(firstDelay));
            _attempts = attempts;
            _firstDelay = firstDelay;
            _longestDelay = longestDelay;
            _isTransient = isTransient ?? throw new ArgumentNullException(nameof(isTransient));
            _random = seed.HasValue ? new Random(seed.Value) : new Random();
        }

        /// <summary>The waits between attempts: doubled each time, with full jitter.</summary>
        public IEnumerable<TimeSpan> Delays()
        {
            double ceiling = _firstDelay.TotalMilliseconds;
            for (int i = 1; i < _attempts; i++)
            {
                yield return TimeSpan.FromMilliseconds(_random.NextDouble() * ceiling);
                ceiling = Math.Min(ceiling * 2, _longestDelay.TotalMilliseconds);
            }
        }

        public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> operation, CancellationToken cancel = default)
        {
            var failures = new List<Exception>();
            using (IEnumerator<TimeSpan> delays = Delays().GetEnumerator())
            {
                while (true)
                {
                    cancel.ThrowIfCancellationRequested();
                    try
                    {
                        return await operation(cancel).ConfigureAwait(false);
                    }
                    catch (Exception error) when (_isTransient(error))
                    {
                        failures.Add(error);
                    }
                    if (!delays.MoveNext())
                        throw new AggregateException($"gave up after {_attempts} attempts", failures);
                    await Task.Delay(delays.Current, cancel).ConfigureAwait(false);
                }
            }
        }
    }
}
