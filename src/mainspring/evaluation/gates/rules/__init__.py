"""Rules: what a model must fulfil, written as people say it.

.. code-block:: text

    accuracy >= baseline - 0.005 if latency_p50 <= 0.7 * baseline
    auc | sex=Female >= 0.85
    recall | * >= 0.8 and log_loss <= 1.02 * baseline and size_bytes <= 5 MB

- A name is a metric of the model that is judged: ``auc``, ``recall@0.3``, ``precision[cat]``, a size or a latency.
- ``baseline`` alone means the same metric, over the same slice, of the baseline; ``baseline.auc`` another one,
  over all rows unless a slice follows. Baselines with other names are spoken of in the same way.
- ``METRIC | COLUMN=VALUE`` is the metric in a slice; ``| *`` in every slice, ``| sex=*`` in every slice by sex.
- ``METRIC.low`` and ``METRIC.high`` are the ends of its interval.
- ``X if C``: where C holds, X must hold. Where it does not, the plain comparison with the baseline must hold: X
  without its allowance. ``X if C else Y`` says what must hold instead; Y may be ``pass`` or ``fail``.
- Numbers take ``%``, ``ms``, ``s``, ``kB``, ``MB``, ``MiB`` and the like.
- A figure that does not exist fails the rule, wherever it stands in it.
"""
