extension Configuration {
  /// A commented experiment in YAML that explains every key, with its unit, its choices and its default.
  ///
  /// It can be run once `data.folder` is right. What its comments call the default is what it sets, except for the
  /// attacks, radii and the contrast, of which there are none by default.
  public static let template = """
    # An experiment for `steadfast train FILE.yaml`. Only data.folder is required; every other value below is the
    # default unless its comment says otherwise. Single values can be changed for one run: --set training.epochs=20
    schema: steadfast.config/1

    # What the report calls the run.
    name: experiment
    # Decides every random choice: initial weights, order of images, attacks' starting points. 0 to 2^64 - 1.
    seed: 0

    data:
      # PNG images as ROOT/{train,test}/CLASS/*.png or ROOT/CLASS/*.png, a folder of such domains, or a CSV manifest,
      # as the stream below wants it. Relative to this file. A sequence has none: its folders are listed below.
      folder: images
      # What stored samples become; Documentation/images.md says exactly what.
      decoding:
        # auto (gray if every image is, else RGB), gray or rgb.
        form: auto
        # Transparent pixels: composite (the background shows through) or keep (a channel of its own).
        alpha: composite
        # black, white or a colour such as '#336699'; padding has it too.
        background: black
        # Bits of a sample in memory, 8 or 16. A 16-bit file is rounded to the nearest of 8 or kept exactly.
        depth: 8
        # stored (samples as they are, as PIL and torchvision) or srgb (as gamma and colour profiles say).
        color: stored
        # stored (rows as they are) or upright (turned as the eXIf chunk says).
        orientation: stored
        # [rows, columns]; null means that all images must agree.
        size: null
        # Where proportions differ: stretch, pad or crop. Needs a size.
        fit: stretch
        # none (no scaling), nearest, bilinear (antialiased) or area. Needs a size.
        filter: bilinear
      # How images become tasks. A key that a kind does not use must be left at its default.
      stream:
        # class-split (each task has classes of its own), domains (ROOT/DOMAIN/…: each task is a domain), permuted,
        # rotated or degraded (each task sees the same images in its own way), sequence (each task is a folder) or
        # manifest (data.folder is a CSV file with the columns path, label and perhaps task and split).
        kind: class-split
        # Of a class split and of a manifest without tasks: classes learned together as one task; their number must
        # divide that of all classes.
        classesPerTask: 2
        # Of the same: how many classes each task has where that differs, such as [4, 2, 2].
        sizes: []
        # Of the same: natural (as the classes are named) or seeded (a permutation drawn from the seed).
        order: natural
        # Of all but a sequence: the classes in the order wanted, such as [cat, dog]; empty means all, in the order
        # above.
        classes: []
        # Of permuted, and of rotated without degrees: how many tasks.
        tasks: 5
        # Of the same: whether the first task sees its images as they are.
        firstIsStored: true
        # Of rotated: each task's angle, counter-clockwise; empty means drawn from the seed, below 180.
        degrees: []
        # Of degraded: each task's degradation, such as [none, gaussian-noise/3]; Documentation/degradations.md has all.
        degradations: []
        # Of domains: their folders in the order wanted; empty means all.
        domains: []
        # Of a sequence: its folders, relative to this file.
        folders: []
        # A single pass in which nobody says where a task ends: how far images stray across boundaries, in task lengths
        # from 0 to 1. Only for strategies that need no boundaries, such as fine-tuning, with training.epochs: 1. null
        # means that tasks are announced.
        online: null
      # Of a folder without train and test: the share of each class held out for testing. Above 0, below 1.
      testFraction: 0.2
      # Of each class at most so many training images, the first by name; null takes all. Test images are never left out.
      trainPerClass: null
      # Whether one file left out (damaged, no PNG, or a link out of the folder) ends the run (true), or is counted and
      # listed (false).
      strict: false
      # Where decoded images are kept: memory, cache (a file mapped into memory, which the next run uses again), lazily
      # (decoded when first needed) or auto (memory, or the cache from 10,000 files on).
      storage: auto
      # The folder of cache files; empty means the user's own. Relative to this file.
      cacheFolder: ""

    network:
      # resnet (CIFAR-style, depth 6n+2), resnet18, resnet34 or resnet50 (torchvision's), mlp (fully connected, in blocks),
      # perceptron (plain fully connected layers, as in published baselines), convnet (plain convolutions and fully
      # connected layers, listed below) or vit (a pre-norm vision transformer; it has no certificates, since self-attention
      # has no Lipschitz constant). Whoever changes it leaves depth, width, block, norm and readout below out: each
      # architecture has defaults of its own. torchvision's networks are torchvision's own with block: post-activation.
      architecture: resnet
      # 6n+2 for resnet: 8, 14, 20, …; of an mlp the number of blocks, of a perceptron or a vit of layers; the named networks allow
      # only their own.
      depth: 8
      # Channels of the first stage, doubled in each later one, the width of an mlp or the features of a vit's tokens.
      # torchvision's residual networks have 64.
      width: 8
      # How a block makes its output of h, F the branch and S the shortcut: plain φ(F), post-activation φ(S + F),
      # pre-activation S + F, forward-euler S + τF, scaled (1-β)S + αF, highway (1-T)S + TF with a gate T,
      # backward-euler h' = S + τF(h').
      block: pre-activation
      # φ, between the layers: relu, or maxmin, which sorts channels in pairs and lets every gradient pass whole: for
      # certificates. It needs an even width. A vit has GELU.
      activation: relu
      # Where a block changes the shape: projection (a learned 1×1 convolution), orthonormal, principal-components or
      # pooled (these three fixed).
      shortcut: projection
      # automatic (He, but zero for residual branches of images without norm and budget; an mlp, a convnet and a vit as PyTorch
      # does), he, zero (every branch starts as nothing) or fixup (zero, and the layers before shrunk by depth).
      initialization: automatic
      # batch, group or none; layer for a vit. An mlp and a network with a branchBudget need none.
      norm: batch
      # pooled (the mean over positions goes to the head) or flattened (every position does, as is usual of a convnet).
      readout: pooled
      dynamics:
        # τ of the Euler blocks.
        step: 1.0
        # Whether all blocks of one shape have the same branch; not with batch norm.
        shared: false
        # α and β of scaled blocks.
        alpha: 1.0
        beta: 0.0
        # Where a highway block's gate starts: σ(gateBias) of the branch passes.
        gateBias: -2.0
      # Stochastic depth: the probability that the last block's branch takes part in a training step. 1 leaves none out.
      survival: 1.0
      # The largest operator norm of each layer inside a residual branch, such as 1.0; null leaves the network free. A
      # network so bounded has certificates worth showing.
      branchBudget: null
      # How layers keep their budget: spectral (divided by their norm where that is larger, which is estimated) or
      # almost-orthogonal (rows or columns divided so that the norm cannot exceed it, whatever is learned).
      constraint: spectral
      # The largest norm of the head where branchBudget is set.
      headBudget: 16.0
      # Of a vit alone: the side of its patches, which divides the sides of the images, and its attention heads, which
      # divide the width.
      patch: 4
      heads: 4
      # Of a convnet alone, in place of depth and width: its convolutions in order, each followed by φ, and perhaps by a max
      # pool. Other architectures leave them as they are.
      convolutions:
          # Of the output, 1 to 4096.
        - channels: 16
          # Side of its window. The default is 3.
          kernel: 4
          # The default is 1.
          stride: 2
          # Zeros on each side, below kernel. The default is half the kernel, rounded down.
          padding: 1
          # Side and stride of the max pool behind φ; 1 is none.
          pool: 1
        - channels: 32
          kernel: 4
          stride: 2
          padding: 1
      # Of a convnet alone: the widths of the fully connected layers between the convolutions and the head; [] is none.
      hidden: [100]

    strategy:
      # How tasks are learned one after another.
      # With a frozen trunk: adapters (a residual adapter, norms and a head per task), shared-adapter (one adapter that every
      # task goes on training, a head per task), nearest-class-mean (the class of the nearest mean of features),
      # random-projection (one ridge regression on random features of its features).
      # With one trunk that goes on learning: fine-tuning (nothing protects what was learned before); with a penalty on
      # moving weights that mattered ewc (by the Fisher information), si (by what they did for the loss), mas (by what the
      # answers' length owes them); lwf (old outputs are to answer the new images as they did).
      # With a memory of some old images: replay (experience replay), der++ (with their old logits), a-gem (no step goes
      # against their gradient), gdumb (a fresh network for each task, trained for trunkEpochs on the memory alone).
      # With images of all tasks so far: cumulative (the network goes on), joint (a fresh network for each task, trained
      # for trunkEpochs: as a contrast it gives intransigence its reference).
      # separate: a network of its own per task, all together no larger than trunk, adapters and heads of adapters.
      kind: adapters
      # What the learner is told when it is asked (van de Ven and Tolias 2019): task-incremental (which task an image is
      # of; each task has a head of its own), domain-incremental (nothing, and outputs mean the same in every task) or
      # class-incremental (nothing, and it has to tell the classes of all tasks apart). automatic is task-incremental, and
      # class-incremental for an online stream.
      scenario: automatic
      # How the task of an image is inferred where nobody gives it: entropy (the surest head), energy (of a head's logits),
      # logit (the largest), feature-mean (the nearest class mean in the frozen trunk's features) or gate (a linear
      # classifier of these features). automatic is what suits the strategy; the common head's answer in
      # class-incremental. Domain-incremental needs none.
      inference: automatic
      # What the trunk learns from before it is frozen: first-task, rotation (the first task's images without their labels:
      # by how many quarter turns an image is turned), folder or weights (both named by trunkPath).
      trunk: first-task
      # The pre-training image folder or safetensors file that trunk asks for. Relative to this file.
      trunkPath: ""
      # What each task adds to the frozen trunk.
      adapter:
        # parallel (beside every layer), series (behind every layer) or side (behind the trunk's features, which are
        # computed once; images cannot be augmented then).
        kind: parallel
        # Rank of each correction; null gives convolutions a full 1×1 and everything else rank 8.
        rank: null
        # s in W + s·A.
        scale: 1.0
        # The largest operator norm of each s·A, such as 0.1; null leaves the corrections free. Tasks have no norms of their
        # own then, and a bound of the adapted features can be stated before training.
        budget: null
        # Blocks of a side path.
        depth: 2
      # Of strategies that hold on to weights that mattered.
      regularization:
        # λ (c of si), the weight of the penalty beside the loss; null is the strategy's own: 1 of ewc and si, 0.01 of mas.
        strength: null
        # Of ewc: what is left of the old tasks' importance when a task is added. 1 sums over tasks; less is online EWC.
        decay: 1.0
        # ξ of si: keeps importance finite where a weight did not move.
        damping: 0.1
        # Of ewc and mas: images whose gradients are looked at one by one, at most.
        samples: 500
      # Of strategies that hold on to old answers.
      distillation:
        # The weight of the old answers beside the loss.
        strength: 1.0
        # What logits are divided by before answers are compared.
        temperature: 2.0
      # Of strategies that keep some old images.
      memory:
        # Images kept, of all tasks together.
        size: 200
        # Of replay, der++ (twice as many) and a-gem: images brought back in each step, or all where fewer are kept.
        batchSize: 32
        # Of der++: the weights of old logits and of old labels.
        logitStrength: 0.5
        labelStrength: 0.5
      # Of a random projection of the trunk's features.
      projection:
        # Random features.
        features: 1000
        # λ of the ridge regression, relative to the mean of the Gram matrix's diagonal.
        ridge: 0.001

    training:
      # Passes over the data on which the trunk learns.
      trunkEpochs: 10
      # Passes over each later task.
      epochs: 10
      # Steps of each lesson, such as 2000, however many passes they are; null leaves it to the epochs above.
      steps: null
      # Images per step.
      batchSize: 64
      # Changes to images while they are learned from, drawn anew in every epoch.
      augmentation:
        # Black pixels added on each side before a part of the original size is cut out at random; 0 means none.
        padAndCrop: 0
        # Whether half of the images are mirrored left to right.
        flip: false
        # Side of one black square at a random place; 0 means none.
        cutout: 0
        # α of mixup: pairs of images are blended, and their labels with them; 0 means none.
        mixup: 0.0
      # σ of Gaussian noise on every pixel, in pixels on [0, 1], drawn anew in every step and not clipped: what a network
      # needs to be smoothed (Cohen et al. 2019). Not with an adversarial method or a side adapter; 0 means none.
      noise: 0.0
      # Learning from images that are perturbed against the network as it stands; not with mixup or a side adapter.
      adversarial:
        # none, fgsm-rs (one step from a random start: Wong et al. 2020), pgd (Madry et al. 2018) or trades (clean loss
        # and β times what a perturbation changes of the answers: Zhang et al. 2019).
        method: none
        # linf or l2.
        norm: linf
        # In pixels on [0, 1]; null is 8/255 for linf and 128/255 for l2.
        epsilon: null
        # How far one step goes, in pixels; null is the method's own: 1.25 epsilon, of pgd and trades 2.5 epsilon / steps.
        step: null
        # Of pgd and trades: gradients taken for a batch.
        steps: 10
        # Of trades: β.
        beta: 6.0
      # Added to the loss; a weight of 0 leaves a penalty out. Not with a side adapter.
      penalty:
        # λ of the squared norm of the loss's gradient with respect to the pixels (Ross and Doshi-Velez 2018).
        inputGradient: 0.0
        # λ of the cross-entropy with margins reduced by what a perturbation of marginRadius could take (Tsuzuku et al.
        # 2018); for networks without norm or with batch norm, whose bound can be estimated.
        lipschitzMargin: 0.0
        # An L2 size, in pixels; null is 36/255.
        marginRadius: null
      optimizer:
        # sgd, adam or adamw.
        kind: sgd
        # Per step, before the schedule.
        learningRate: 0.1
        # Of sgd: from 0 to below 1.
        momentum: 0.9
        # Of sgd: whether the momentum looks ahead.
        nesterov: false
        # λ of the penalty; decoupled in adamw.
        weightDecay: 0.0005
      # constant, cosine (down to 0), cyclic (in a line up from 0 until two fifths, and down to 0) or step (a tenth at half
      # and again at three quarters).
      schedule: cosine

    evaluation:
      # Images per batch. Bits of the results depend on it.
      batchSize: 100
      # Run on every task after every task. The default is none: [].
      attacks:
          # One of `steadfast attack --help`, such as fgsm (one step), pgd (iterated) or auto (the strongest together).
        - name: fgsm
          # linf, l2 or l1.
          norm: linf
          # In pixels on [0, 1], ascending; kept exactly as written.
          epsilons: [2/255, 4/255, 8/255]
          # raw: each size on its own; envelope: a success at a smaller size counts at every larger one.
          form: raw
        - name: pgd
          norm: l2
          epsilons: [0.1, 0.25, 0.5]
          # Of iterated attacks: iterations of a start. The default is the attack's own.
          steps: 10
          # Of pgd and others with several starts. The default is the attack's own.
          restarts: 1
        - name: square
          norm: linf
          epsilons: [8/255]
          # Of attacks without gradients: forward passes an image. The default is the attack's own.
          queries: 5000
      # L2 radii, in pixels on [0, 1], at which certified accuracy is reported. The default is none: [].
      certify: [0.1, 0.25]
      # What the audit of the evaluation may cost: off, quick (about 100 images a task) or full (about 1000, four times
      # the steps).
      audit: quick
      # Adversarial images saved per task.
      galleryPerTask: 2
      # Images per task whose bracket (certified radius, nearest attack found) is computed.
      bracketsPerTask: 20
      # Images per task that the attacks above are run on where nobody gives the task: each is attacked by way of its own
      # task's network and by way of the readout, whose task an attack may move. After each task all networks so far
      # take part, so the effort grows with the cube of the number of tasks; 0 leaves it out.
      agnosticImages: 100
      # After every so many tasks, and after the last, all tasks so far are evaluated; after the others the task just learned
      # alone, with the task given. 1 fills the matrix, whose cells grow with the square of the number of tasks. A metric that
      # needs a cell that is not there is left out: forgetting by its maximum, not backward transfer.
      everyTasks: 1
      # Accuracy on degraded test images after the last task (Hendrycks and Dietterich 2019).
      corruptions:
        # Images per task, such as 100; 0 leaves it out.
        images: 0
        # 1 (mild) to 5, ascending.
        severities: [1, 3, 5]
        # Such as [gaussian-noise, fog]; empty means all of Documentation/degradations.md.
        kinds: []
      # How images are certified, and at which L∞ radii beside the L2 radii above.
      certification:
        # L∞ radii, in pixels on [0, 1], such as [1/255]: certified accuracy and its forgetting.
        linf: []
        # Whether each image is also bounded on the ball around itself and has the larger of both radii, in certified
        # accuracy and in brackets. Radii then hold for images in [0, 1]. For small networks: it costs many passes an image.
        local: false
        # Networks with at most so many nonlinear units get the tightest of these bounds, which costs two passes a unit.
        throughoutLimit: 2048
      # Randomized smoothing after the last task (Cohen et al. 2019): certificates of the network under Gaussian noise.
      # They are probabilistic, and stand apart from all others.
      smoothing:
        # Deviation of the noise, in pixels on [0, 1], such as 0.25; 0 leaves it out.
        sigma: 0.0
        # Noisy copies of each image that estimate its certificate (n), and that select its class before (n0).
        samples: 10000
        selectionSamples: 100
        # How likely an image may be certified wrongly.
        alpha: 0.001
        # Images per task.
        images: 50
      # Accuracy on turned and shifted test images, on every task after every task, the task given (Engstrom et al. 2019):
      # an image has to be right as it is and under every move that is tried. Without turns and shifts it is left out.
      spatial:
        # Degrees either way, such as 30.
        turns: 0.0
        # Pixels along each axis, such as 3.
        shifts: 0.0
        # Random moves tried of each image.
        draws: 10

    compute:
      # Torch's threads; 0 means one per core. Bits of the results depend on it.
      threads: 0
      # cpu, cuda, cuda:N or auto.
      device: cpu
      # Over several ranks (mpirun): whether they learn the trunk, or what a strategy trains in its place, from each batch
      # together, each from a share of its images. Bits of the results then depend on how many ranks there are; false has
      # rank 0 train it alone.
      dataParallel: false
      # fp32, or bf16: half the bits, and faster where the processor computes in them. Weights, statistics and optimizers
      # stay in fp32, verdicts and all that is measured too; results say how far answers in bf16 are from those.
      precision:
        # Steps that a trunk learns from.
        training: fp32
        # A frozen trunk, where adapters and heads learn behind or within it.
        trunk: fp32
        # Attacks' searches; what they find is judged in fp32, and searched again where it does not fool there.
        search: fp32

    checkpoints:
      # Steps between checkpoints within a task; 0 means only after each task.
      everySteps: 0

    # The same experiment with some values changed, run beside it and reported with it. The default is none: [].
    contrasts:
        # Letters, digits, - and _: it names a folder.
      - name: fine-tuning
        # Changes as for --set.
        set: [strategy.kind=fine-tuning]

    # What --full changes, as for --set: of a short form of an experiment, what makes the long one. The default is none: [].
    full: [training.epochs=60]

    """
}
