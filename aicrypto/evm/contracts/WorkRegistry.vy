# pragma version ~=0.4.3
"""
@title   Work registry
@license MIT
@notice  A client pays for a job, a coordinator runs it and shows its traces, workers are paid.

         opened -> dataset -> model -> result -> settled
         or, after the deadline and before settlement, from any of these -> refunded

@dev     Money enters with `open` and leaves with `withdraw`, nowhere else. At any time the
         registry holds the rewards of unsettled jobs plus all credits, to the wei.
"""

# What a job has reached; each step follows the one before.
OPENED: constant(uint8) = 1
DATASET_POSTED: constant(uint8) = 2
MODEL_POSTED: constant(uint8) = 3
RESULT_POSTED: constant(uint8) = 4
SETTLED: constant(uint8) = 5
REFUNDED: constant(uint8) = 6

MAX_PAYEES: constant(uint256) = 64


struct Job:
    client: address
    coordinator: address
    reward: uint256  # wei
    deadline: uint256  # seconds since 1970; the last moment for the coordinator's posts
    stage: uint8
    dataset_root: bytes32
    n_rows: uint256
    model_commitment: bytes32
    input_hash: bytes32
    label: uint256
    proof_hash: bytes32


event Opened:
    job: indexed(uint256)
    client: indexed(address)
    coordinator: indexed(address)
    reward: uint256
    deadline: uint256


event DatasetPosted:
    job: indexed(uint256)
    root: bytes32
    n_rows: uint256


event ModelPosted:
    job: indexed(uint256)
    commitment: bytes32


event ResultPosted:
    job: indexed(uint256)
    input_hash: bytes32
    label: uint256
    proof_hash: bytes32


event Settled:
    job: indexed(uint256)
    reward: uint256


event Refunded:
    job: indexed(uint256)
    client: indexed(address)
    reward: uint256


event Credited:
    job: indexed(uint256)
    payee: indexed(address)
    amount: uint256


event Withdrawn:
    payee: indexed(address)
    amount: uint256


n_jobs: public(uint256)
jobs: public(HashMap[uint256, Job])
credit: public(HashMap[address, uint256])


@external
@payable
def open(coordinator: address, deadline: uint256) -> uint256:
    """
    @notice Fund a job; the value sent is its reward.
    @param  coordinator Who may post results and settle.
    @param  deadline Seconds since 1970, in the future.
    @return Number of the job, counted from 0.
    """
    assert msg.value > 0, "no reward"
    assert coordinator != empty(address), "no coordinator"
    assert deadline > block.timestamp, "deadline has passed"
    job: uint256 = self.n_jobs
    self.n_jobs = job + 1
    self.jobs[job].client = msg.sender
    self.jobs[job].coordinator = coordinator
    self.jobs[job].reward = msg.value
    self.jobs[job].deadline = deadline
    self.jobs[job].stage = OPENED
    log Opened(
        job=job, client=msg.sender, coordinator=coordinator, reward=msg.value, deadline=deadline
    )
    return job


@external
def post_dataset(job: uint256, root: bytes32, n_rows: uint256):
    """
    @notice Say which data the job runs on.
    @param  root Merkle root over the rows.
    @param  n_rows How many rows there are.
    """
    self._advance(job, OPENED)
    self.jobs[job].dataset_root = root
    self.jobs[job].n_rows = n_rows
    log DatasetPosted(job=job, root=root, n_rows=n_rows)


@external
def post_model(job: uint256, commitment: bytes32):
    """
    @notice Say which model answers.
    @param  commitment Commitment to its weights.
    """
    self._advance(job, DATASET_POSTED)
    self.jobs[job].model_commitment = commitment
    log ModelPosted(job=job, commitment=commitment)


@external
def post_result(job: uint256, input_hash: bytes32, label: uint256, proof_hash: bytes32):
    """
    @notice Give the model's answer.
    @param  input_hash Hash of what the model was asked.
    @param  label Its answer.
    @param  proof_hash Hash of the proof that this model gives this answer.
    """
    self._advance(job, MODEL_POSTED)
    self.jobs[job].input_hash = input_hash
    self.jobs[job].label = label
    self.jobs[job].proof_hash = proof_hash
    log ResultPosted(job=job, input_hash=input_hash, label=label, proof_hash=proof_hash)


@external
def settle(
    job: uint256, payees: DynArray[address, MAX_PAYEES], amounts: DynArray[uint256, MAX_PAYEES]
):
    """
    @notice Share the reward out; each payee fetches its part with `withdraw`.
    @param  payees Who is paid; a payee may come twice.
    @param  amounts Wei for each payee, together exactly the reward.
    """
    self._check_coordinator(job)
    assert self.jobs[job].stage == RESULT_POSTED, "wrong stage"
    assert len(payees) == len(amounts), "payees and amounts differ in number"
    self.jobs[job].stage = SETTLED
    remaining: uint256 = self.jobs[job].reward
    for i: uint256 in range(len(payees), bound=MAX_PAYEES):
        assert amounts[i] <= remaining, "amounts exceed the reward"
        remaining -= amounts[i]
        self._credit(job, payees[i], amounts[i])
    assert remaining == 0, "amounts fall short of the reward"
    log Settled(job=job, reward=self.jobs[job].reward)


@external
def refund(job: uint256):
    """
    @notice Give an unsettled job's reward back to its client's credit, after the deadline.
    """
    assert job < self.n_jobs, "no such job"
    assert msg.sender == self.jobs[job].client, "only the client"
    assert block.timestamp > self.jobs[job].deadline, "deadline has not passed"
    assert self.jobs[job].stage <= RESULT_POSTED, "wrong stage"
    self.jobs[job].stage = REFUNDED
    reward: uint256 = self.jobs[job].reward
    self._credit(job, msg.sender, reward)
    log Refunded(job=job, client=msg.sender, reward=reward)


@external
def withdraw() -> uint256:
    """
    @notice Fetch all that is credited to the caller.
    @dev    The credit is gone before the payee's code runs: whoever calls back in finds nothing.
    @return Wei paid out.
    """
    amount: uint256 = self.credit[msg.sender]
    assert amount > 0, "nothing to withdraw"
    self.credit[msg.sender] = 0
    log Withdrawn(payee=msg.sender, amount=amount)
    paid: bool = raw_call(msg.sender, b"", value=amount, revert_on_failure=False)
    assert paid, "payee refused the payment"
    return amount


@internal
@view
def _check_coordinator(job: uint256):
    assert job < self.n_jobs, "no such job"
    assert msg.sender == self.jobs[job].coordinator, "only the coordinator"


@internal
def _advance(job: uint256, stage: uint8):
    """
    @dev Move a job from this stage to the next, if its coordinator asks in time.
    """
    self._check_coordinator(job)
    assert self.jobs[job].stage == stage, "wrong stage"
    assert block.timestamp <= self.jobs[job].deadline, "deadline has passed"
    self.jobs[job].stage = stage + 1


@internal
def _credit(job: uint256, payee: address, amount: uint256):
    """
    @dev Wei credited to nobody, or to this contract, could never be withdrawn.
    """
    assert payee not in [empty(address), self], "payee cannot withdraw"
    self.credit[payee] += amount
    log Credited(job=job, payee=payee, amount=amount)
