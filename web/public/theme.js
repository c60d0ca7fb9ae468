// Before the first paint, so that the chosen theme shows without a flash.
document.documentElement.dataset.theme = localStorage.getItem('theme') || 'auto';
