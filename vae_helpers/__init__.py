"""The small package that the VAE notebooks share.

Importing it loads nothing heavy: a notebook imports each name from the module it lives in, so that a
reader sees where it stands. The modules, in the order in which they may import one another:

``memory_limit``, ``validation``, ``threads``, ``stopping``, ``history`` -> ``data``, ``sprites``, ``losses``,
``disentanglement``, ``kl_derivation``, ``sampled_priors``, ``linear_hierarchy``, ``variance_shares`` -> ``models`` ->
``evaluation``, ``checkpoints``, ``encoding``, ``latent_space``, ``gradient_estimators``, ``grid_posterior``,
``probes``, ``colouring``, ``sketches``, ``handwriting``, ``pen``, ``text``, ``total_correlation``, ``free_running``,
``layer_losses``, ``hamiltonian``, ``estimates``, ``training_images``, ``reports`` -> ``batches`` -> ``shares`` ->
``distributed``, ``snapshots`` -> ``training``, ``objectives``, ``adversarial``, ``mmd``, ``code_flow``,
``rotations``, ``marginal``, ``parzen``, ``quadrants``, ``fidelity``, ``use_of_z``, ``few_labels``, ``found_factors``,
``scribbles``, ``hierarchy``, ``layer_latents``, ``importance``, ``linear_gaussian``, ``rate`` -> ``layer_knowledge``,
``annealed``, ``sample_scores``, ``by_image``, ``clinic`` -> ``report_page`` -> ``plots``, ``overfitting``, ``sweep``,
``aggregate``, ``label_modes``, ``cures``, ``report``, ``holes`` -> ``widgets``, ``exercises``, ``pretrain``,
``doctor`` -> the notebooks.
"""

__version__ = "0.1.0"
