"""The epoch once more, entry by entry on Python integers, as the chain's own loops do it.

Slow, and written from the description of the steps alone: the twin that the fast one must equal.
"""

from typing import Any

ONE = 2**32
FX = 32
U16 = 65535
EXP_ONE = 11674931200


def mul(a: int, b: int) -> int:
    return max(-(2**63), min(2**63 - 1, (a * b) >> FX))


def div(a: int, b: int) -> int:
    if b == 0:
        return 0
    q = (abs(a) << FX) // abs(b)
    q = q if (a >= 0) == (b > 0) else -q
    return q if -(2**63) <= q < 2**63 else 0


def fx(n: int) -> int:
    return n << FX


def norm(v: list[int]) -> list[int]:
    s = min(sum(v), 2**63 - 1)
    return [div(x, s) for x in v] if s else list(v)


def u16(x: int) -> int:
    return max(0, min(U16, mul(x, fx(U16)) >> FX))


def prop(s: int) -> int:
    return div(fx(s), fx(U16))


def exp(x: int) -> int:
    x = max(-20 * ONE, min(20 * ONE, x))
    if x == 0:
        return ONE
    if x == ONE:
        return EXP_ONE
    t = term = abs(x)
    r = t + ONE
    for i in range(2, 32):
        term = div(mul(term, t), fx(i))
        r += term
    return r if x > 0 else div(ONE, r)


def median(stake: list[int], score: list[int], minority: int) -> int:
    idx, lo, hi = list(range(len(stake))), 0, sum(stake)
    for _ in range(len(stake) + 1):
        if not idx:
            return 0
        if len(idx) == 1:
            return score[idx[0]]
        pivot = score[idx[len(idx) // 2]]
        low = [i for i in idx if score[i] < pivot]
        high = [i for i in idx if score[i] > pivot]
        ls, hs = sum(stake[i] for i in low), sum(stake[i] for i in high)
        if minority < lo + ls and low:
            idx, hi = low, lo + ls
        elif hi - hs <= minority and high:
            idx, lo = high, hi - hs
        else:
            return pivot
    return 0


Matrix = list[list[tuple[int, int]]]


def colsum(m: Matrix) -> list[int]:
    s = [0] * len(m)
    for row in m:
        for j, v in row:
            s[j] = min(s[j] + v, 2**63 - 1)
    return s


def colnorm(m: Matrix) -> Matrix:
    s = colsum(m)
    return [[(j, div(v, s[j]) if s[j] else v) for j, v in row] for row in m]


def ema(new: Matrix, old: Matrix, alpha: int) -> Matrix:
    out = []
    for a, b in zip(new, old, strict=True):
        acc: dict[int, int] = {}
        for j, v in a:
            acc[j] = acc.get(j, 0) + mul(alpha, v)
        for j, v in b:
            acc[j] = acc.get(j, 0) + mul(ONE - alpha, v)
        out.append([(j, acc[j]) for j in sorted(acc) if acc[j] > 0])
    return out


def scan(row: list[tuple[int, int]], n: int) -> list[int]:
    p, out = 0, []
    for j in range(n):
        while p < len(row) and row[p][0] < j:
            p += 1
        out.append(row[p][1] if p < len(row) and row[p][0] == j else 0)
    return out


def asig(c: int, w: int, b: int, lo: int, hi: int, steepness: int) -> int:
    buy, sell = max(0, min(ONE, w - c)), max(0, min(ONE, b - w))
    d = buy if w >= b else sell
    s = div(ONE, ONE + exp(mul(div(fx(steepness), fx(-100)), d - ONE // 2)))
    return max(lo, min(lo + mul(s, hi - lo), hi))


def liquid(y: Matrix, b: Matrix, c: list[int], k: dict[str, Any]) -> Matrix:
    n, lo, hi = len(c), prop(k["alpha_low"]), prop(k["alpha_high"])
    out = []
    for yr, br in zip(y, b, strict=True):
        ys, bs, true = scan(yr, n), scan(br, n), dict(br)
        row = []
        for j, v in yr:
            a = asig(c[j], ys[j], bs[j], lo, hi, k["steepness"])
            dec = mul(ONE - a, true[j]) if j in true else 0
            e = min(ONE, dec + max(0, mul(a, v)))
            if e > 0:
                row.append((j, e))
        out.append(row)
    return out


def stakes(k: dict[str, Any]) -> list[int]:
    z = [0 if s < k["min_stake"] and i != k["owner_uid"] else s for i, s in enumerate(k["stake"])]
    return [(x << FX) // sum(z) if sum(z) else 0 for x in z]


def weights_of(k: dict[str, Any], p: list[bool]) -> Matrix:
    out = []
    for i, row in enumerate(k["weights"]):
        kept = []
        for j, v in row if p[i] else []:
            reg, commit = k["block_at_registration"][j], k["commit_blocks"][i]
            if j == i and i != k["owner_uid"]:
                continue
            if k["last_update"][i] <= reg:
                continue
            if k["commit_reveal"] and commit is not None and commit < reg:
                continue
            kept.append((j, fx(v)))
        s = sum(v for _, v in kept)
        out.append([(j, div(v, s)) for j, v in kept] if s > 0 else kept)
    return out


def permits_of(k: dict[str, Any], stake: list[int]) -> list[bool]:
    n, most = k["n"], k["max_allowed_validators"]
    q = [s != 0 for s in stake]
    if n >= most:
        for uid in sorted(range(n), key=lambda i: stake[i])[: n - most]:
            q[uid] = False
    if k["owner_uid"] is not None:
        q[k["owner_uid"]] = True
    return q


def mixed(w: Matrix, x: Matrix, penalty: int) -> Matrix:
    beta = prop(penalty)
    if beta == 0:
        return w
    if beta == ONE:
        return x
    out = []
    for wr, xr in zip(w, x, strict=True):
        wd, xd = dict(wr), dict(xr)
        row = [(j, wd.get(j, 0) + mul(beta, xd.get(j, 0) - wd.get(j, 0))) for j in range(len(w))]
        out.append([(j, v) for j, v in row if v > 0])
    return out


def old_bonds(k: dict[str, Any]) -> Matrix:
    lms = k["lms"]
    last = max(0, k["current_block"] - k["tempo"]) if lms == 0 else lms + 1
    reg = k["block_at_registration"]
    return [[(j, v) for j, v in row if not last <= reg[j]] for row in k["bonds"]]


def plain_epoch(k: dict[str, Any]) -> dict[str, Any]:
    n = k["n"]
    inactive = [u + k["activity_cutoff"] < k["current_block"] for u in k["last_update"]]
    stake = stakes(k)
    p = [permit or i == k["owner_uid"] for i, permit in enumerate(k["validator_permits"])]
    a = norm([0 if inactive[i] or not p[i] else stake[i] for i in range(n)])
    w = weights_of(k, p)
    voters = [i for i in range(n) if a[i] > 0]
    voting, tables = norm([a[i] for i in voters]), [dict(w[i]) for i in voters]
    minority = sum(voting) - prop(k["kappa"])
    c = [median(voting, [t.get(j, 0) for t in tables], minority) for j in range(n)]
    x = [[(j, min(v, c[j])) for j, v in row if v <= c[j] or c[j] > 0] for row in w]
    r = [0] * n
    for i, row in enumerate(x):
        for j, v in row:
            r[j] += mul(a[i], v)
    incentive = norm(r)
    y, old = mixed(w, x, k["bonds_penalty"]), old_bonds(k)
    alpha = ONE - min((k["bonds_moving_average"] << FX) // 10**6, 2**63 - 1)
    if not k["yuma3"]:
        b = colnorm([[(j, fx(v)) for j, v in row] for row in old])
        delta = colnorm([[(j, mul(v, a[i])) for j, v in row] for i, row in enumerate(y)])
        e = colnorm(ema(delta, b, alpha))
        dividends = norm([sum(mul(incentive[j], v) for j, v in row) for row in e])
        top = [0] * n
        for row in e:
            for j, v in row:
                top[j] = max(top[j], v)
        keep = [[(j, div(v, top[j]) if top[j] else v) for j, v in row] for row in e]
    else:
        b = [[(j, div(fx(v), fx(U16))) for j, v in row] for row in old]
        e = keep = liquid(y, b, c, k) if k["liquid_alpha"] and any(c) else ema(y, b, alpha)
        f = colnorm(e)
        t = [sum(mul(v, incentive[j]) for j, v in row) for row in f]
        dividends = norm([mul(t[i], a[i]) for i in range(n)])
    es = sum(incentive) + sum(dividends)
    combined = [i + d for i, d in zip(incentive, dividends, strict=True)]
    server = [div(v, es) for v in incentive] if es else incentive
    validator = [div(v, es) for v in dividends] if es else dividends
    combined = [div(v, es) for v in combined] if es else combined
    if es == 0:
        validator = combined = a if sum(a) else stake
    q = permits_of(k, stake)
    rao = k["rao_emission"]
    return {
        "consensus": c,
        "incentive": incentive,
        "dividends": dividends,
        "ema_bonds": [[list(entry) for entry in row] for row in e],
        "new_validator_permits": [int(permit) for permit in q],
        "out_server_emission": [max(0, v * rao >> FX) for v in server],
        "out_validator_emission": [max(0, v * rao >> FX) for v in validator],
        "out_emission": [max(0, v * rao >> FX) for v in combined],
        "out_bonds": [[[j, u16(v)] for j, v in row] if q[i] else [] for i, row in enumerate(keep)],
    }
