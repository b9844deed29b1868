using System.Collections.Generic;
using System.Threading.Tasks;
using Microsoft.AspNetCore.Mvc;

namespace Harbour.Api.Controllers
{
    [ApiController]
    [Route("api/invoices")]
    public class InvoiceController : ControllerBase
    {
        private readonly IInvoiceStore _store;

        public InvoiceController(IInvoiceStore store) => _store = store;

        [HttpGet]
        public async Task<ActionResult<IReadOnlyList<Invoice>>> List([FromQuery] int skip = 0, [FromQuery] int take = 50)
            => Ok(await _store.ListAsync(skip, take));

        [HttpGet("{id}")]
        public async Task<ActionResult<Invoice>> Get(int id)
        {
            Invoice found = await _store.FindAsync(id);
            return found == null ? NotFound() : Ok(found);
        }

        [HttpPost]
        public async Task<ActionResult<Invoice>> Create(InvoiceInput input)
        {
            if (!input.IsValid(out string problem)) return UnprocessableEntity(problem);
            Invoice created = await _store.AddAsync(input);
            return CreatedAtAction(nameof(Get), new { id = created.Id }, created);
        }

        [HttpDelete("{id}")]
        public async Task<IActionResult> Delete(int id)
        {
            bool removed = await _store.RemoveAsync(id);
            return removed ? NoContent() : NotFound();
        }
    }
}
